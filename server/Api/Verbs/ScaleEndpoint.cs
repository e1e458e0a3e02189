using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// The number of pods of a workload, read and written in the same form for every kind (autoscaling/v1 Scale).
/// </summary>
internal sealed class ScaleEndpoint(VerbParts parts, ObjectUpdate update, FieldWriter writer)
{
    /// <summary>A write that names no revision is tried again on what somebody else wrote in between.</summary>
    private const int Attempts = 8;

    private readonly ResourceSchema _schema = parts.Catalog.FindKind("autoscaling", "v1", "Scale")!;

    public async Task Run(string verb, ApiRequest request)
    {
        var answer = ObjectAnswer.For(request, _schema, parts.Time);
        var stored = verb == "get" ? parts.Store.Get(request.Key) ?? throw request.NotFound()
            : verb == "patch" && ApplyVerb.Is(request) ? await Write(request, await Apply(request))
            : await Write(request, await Change(verb, request));
        await answer.Write(request, 200, Of(ObjectBytes.Read(stored)));
    }

    /// <summary>What the request makes of the Scale that there is.</summary>
    private async Task<Func<StoredObject, (JsonObject Scale, FieldOwners? Owners)>> Change(
        string verb, ApiRequest request)
    {
        if (verb == "patch")
        {
            var patch = await ObjectPatch.Read(request, _schema);
            return current => (patch.Apply(Of(ObjectBytes.Read(current))).Object, null);
        }

        var given = await ObjectReading.Read(request, _schema);
        ObjectReading.CheckName(request, given);
        return _ => (given, null);
    }

    /// <summary>An applied Scale is the workload's own <c>.spec.replicas</c>, owned on this endpoint.</summary>
    private async Task<Func<StoredObject, (JsonObject Scale, FieldOwners? Owners)>> Apply(ApiRequest request)
    {
        var (who, force) = ApplyVerb.Options(request, writer);
        var scale = await ApplyVerb.ReadBody(request, _schema);
        ObjectReading.CheckName(request, scale);
        var part = new JsonObject
        {
            ["apiVersion"] = request.Schema.ApiVersion,
            ["kind"] = request.Schema.Kind,
            ["metadata"] = new JsonObject { ["name"] = request.Path.Name },
        };
        if (scale.Object("spec").Number("replicas") is { } replicas)
        {
            part["spec"] = new JsonObject { ["replicas"] = replicas };
        }

        var plan = new ApplyPlan(
            writer.Versions(request), FieldScope.Of(request.Schema, request.Path.Subresource), who, force);
        return current =>
        {
            var live = VersionConversion.FromStored(request.Schema, ObjectBytes.Read(current));
            var known = FieldOwners.Read(FieldWriter.Detach(live), trusted: true) ?? FieldOwners.None;
            var outcome = ApplyVerb.Accepted(plan.Run(live, part, known));
            // A number that is named no more stays: no number would be zero pods.
            outcome.Object.Ensure("spec")["replicas"] ??= live.Object("spec").Number("replicas");
            var proposed = Of(outcome.Object);
            if (scale.Object("metadata").Text("resourceVersion") is { Length: > 0 } revision)
            {
                proposed.Ensure("metadata")["resourceVersion"] = revision;
            }

            return (proposed, outcome.Owners);
        };
    }

    private async Task<StoredObject> Write(
        ApiRequest request, Func<StoredObject, (JsonObject Scale, FieldOwners? Owners)> change)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var current = parts.Store.Get(request.Key) ?? throw request.NotFound();
            var (proposed, owners) = change(current);
            Check(request, proposed);
            if (await update.Commit(request, current, proposed, owners) is { } stored)
            {
                return stored;
            }
        }

        throw Errors.Conflict(request.Schema, request.Path.Name);
    }

    private void Check(ApiRequest request, JsonObject scale)
    {
        if (scale.Object("spec").Number("replicas") is < 0 and var replicas)
        {
            throw Errors.Invalid(_schema, request.Path.Name, [new FieldError("spec.replicas", "FieldValueInvalid",
                $"Invalid value: {replicas}: must be greater than or equal to 0")]);
        }
    }

    private static JsonObject Of(JsonObject workload)
    {
        var (metadata, spec) = (workload.Object("metadata"), workload.Object("spec"));
        var own = new JsonObject();
        foreach (var name in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            own[name] = metadata?[name]?.DeepClone();
        }

        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = own,
            ["spec"] = new JsonObject { ["replicas"] = spec.Number("replicas") ?? 0 },
            ["status"] = new JsonObject
            {
                ["replicas"] = workload.Object("status").Number("replicas") ?? 0,
                ["selector"] = workload.Text("kind") == "ReplicationController"
                    ? SelectorText.OfLabels(spec.Object("selector"))
                    : SelectorText.Of(spec.Object("selector")),
            },
        };
    }
}
