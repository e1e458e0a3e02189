using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Server-side apply (KEP-555): what it does to fields is decided by <see cref="ApplyPlan"/>.</summary>
internal sealed class ApplyVerb(
    VerbParts parts, ObjectAdmission admission, ObjectUpdate update, ObjectCreation creation, FieldWriter writer)
{
    /// <summary>As for the other patches: applied again to what somebody else wrote in between.</summary>
    private const int Attempts = 8;

    private const string MediaType = "application/apply-patch+yaml";

    public static bool Is(ApiRequest request) => RequestBody.MediaType(request.Http.Request) == MediaType;

    public async Task Run(ApiRequest request)
    {
        _ = request.Query.DryRun();
        var (who, force) = Options(request, writer);
        var answer = ObjectAnswer.For(request, parts.Time);
        var applied = await ReadBody(request, request.Schema);
        CheckIdentity(request, applied);
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var current = parts.Store.Get(request.Key);
            var stored = current is { } there
                ? await Change(request, there, applied, who, force)
                : await Create(request, applied, who);
            if (stored is { } done)
            {
                await answer.Write(request, current is null ? 201 : 200, done);
                return;
            }
        }

        throw Errors.Conflict(request.Schema, request.Path.Name);
    }

    /// <summary>Who applies, and whether it takes what others own.</summary>
    /// <exception cref="StatusException">422: nobody says who applies.</exception>
    public static (FieldOwner Who, bool Force) Options(ApiRequest request, FieldWriter writer) =>
        request.Query.Text("fieldManager").Length == 0
            ? throw Errors.InvalidOptions("PatchOptions", "fieldManager", "FieldValueRequired",
                "Required value: is required for apply patch")
            : (writer.Who(request, "PatchOptions", applies: true), request.Query.Flag("force"));

    /// <summary>The manifest; warns the client.</summary>
    public static async Task<JsonObject> ReadBody(ApiRequest request, ResourceSchema schema)
    {
        var validation = request.Query.Validation();
        var body = await RequestBody.Read(request.Http.Request, request.Ct);
        switch (ObjectDecoder.FromApply(schema, body, validation))
        {
            case DecodeResult.Decoded decoded:
                ResponseBody.Warn(request.Response, decoded.Warnings);
                return decoded.Object;
            case DecodeResult.Failed failed:
                throw Errors.BadRequest(failed.Message);
            default:
                throw Errors.Internal("unknown decode result");
        }
    }

    /// <exception cref="StatusException">409: others own what would change.</exception>
    public static ApplyOutcome.Applied Accepted(ApplyOutcome outcome) => outcome switch
    {
        ApplyOutcome.Applied applied => applied,
        ApplyOutcome.Conflicted conflicted => throw Errors.ApplyConflict(conflicted),
        _ => throw Errors.Internal("unknown outcome of an apply"),
    };

    private static void CheckIdentity(ApiRequest request, JsonObject applied)
    {
        var metadata = applied.Ensure("metadata");
        if (metadata.Text("name").Length == 0 && metadata.Text("generateName").Length > 0)
        {
            throw Errors.Invalid(request.Schema, request.Path.Name, [new FieldError("metadata.name",
                "FieldValueRequired", "Required value: a generated name cannot be applied")]);
        }

        ObjectReading.CheckName(request, applied);
        ObjectReading.CheckNamespace(request, metadata);
    }

    private async Task<StoredObject?> Change(
        ApiRequest request, StoredObject current, JsonObject applied, FieldOwner who, bool force)
    {
        var live = VersionConversion.FromStored(request.Schema, ObjectBytes.Read(current));
        var known = FieldOwners.Read(FieldWriter.Detach(live), trusted: true) ?? FieldOwners.None;
        var outcome = Accepted(Plan(request, who, force).Run(live, applied, known));
        return await update.Commit(request, current, Whole(request, outcome.Object), outcome.Owners);
    }

    private async Task<StoredObject?> Create(ApiRequest request, JsonObject applied, FieldOwner who)
    {
        if (request.Path.Subresource.Length > 0)
        {
            throw request.NotFound();
        }

        creation.RequireRight(request);

        var given = applied.Object("metadata");
        if (given.Text("uid") is { Length: > 0 } uid)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name, $"uid mismatch: the provided object specified "
                + $"uid {uid}, and no existing object was found");
        }

        if (given.Text("resourceVersion").Length > 0)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name);
        }

        var outcome = Accepted(Plan(request, who, force: false).Run([], applied, FieldOwners.None));
        var obj = Whole(request, outcome.Object);
        _ = admission.CheckNamespace(request, request.Path.Name);
        creation.Prepare(obj.Ensure("metadata"));
        return await creation.Commit(request, obj, outcome.Owners.Write());
    }

    private ApplyPlan Plan(ApiRequest request, FieldOwner who, bool force) => new(
        writer.Versions(request), FieldScope.Of(request.Schema, request.Path.Subresource), who, force);

    /// <summary>The joined object in the version that is kept.</summary>
    private static JsonObject Whole(ApiRequest request, JsonObject joined) =>
        ObjectDecoder.FromTree(request.Schema, joined, FieldValidation.Ignore) switch
        {
            DecodeResult.Decoded decoded => ObjectReading.AsStored(request, decoded.Object),
            DecodeResult.Failed failed => throw Errors.Unprocessable(failed.Message),
            _ => throw Errors.Internal("unknown decode result"),
        };
}
