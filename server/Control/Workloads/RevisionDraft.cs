using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// The ControllerRevision of a workload's present template. Its data is the patch by which <c>kubectl rollout undo</c>
/// goes back to it. Pure.
/// </summary>
internal static class RevisionDraft
{
    /// <summary>The whole object in one annotation: the patch holds all of it that a revision is about.</summary>
    private const string Applied = "kubectl.kubernetes.io/last-applied-configuration";

    /// <param name="owner">The workload.</param>
    /// <param name="reference">The reference to it.</param>
    /// <param name="stored">Its stored tree: copied from there, so that nothing is lost that no record knows.</param>
    /// <param name="step">Name and number.</param>
    /// <param name="hashLabel">The label that repeats the end of the name.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="now">When it is made.</param>
    public static JsonObject Of(
        ObjectMeta owner, JsonObject reference, JsonObject stored, RevisionStep.Create step, string hashLabel,
        string uid, DateTimeOffset now)
    {
        var template = stored["spec"]!["template"]!.AsObject();
        var labels = template["metadata"]?["labels"]?.DeepClone().AsObject() ?? [];
        labels[hashLabel] = step.Revision[(owner.Name!.Length + 1)..];
        var metadata = new JsonObject
        {
            ["name"] = step.Revision,
            ["namespace"] = owner.Namespace,
            ["uid"] = uid,
            ["creationTimestamp"] = TimeJson.Text(now),
            ["labels"] = labels,
            ["ownerReferences"] = new JsonArray(reference),
        };
        var annotations = stored["metadata"]?["annotations"]?.DeepClone().AsObject();
        annotations?.Remove(Applied);
        if (annotations is { Count: > 0 })
        {
            metadata["annotations"] = annotations;
        }

        var patch = new JsonObject { ["$patch"] = "replace" };
        foreach (var (name, value) in template)
        {
            patch[name] = value?.DeepClone();
        }

        return new JsonObject
        {
            ["apiVersion"] = Resources.ControllerRevisions.ApiVersion,
            ["kind"] = Resources.ControllerRevisions.Kind,
            ["metadata"] = metadata,
            ["data"] = new JsonObject { ["spec"] = new JsonObject { ["template"] = Sorted(patch) } },
            ["revision"] = step.Number,
        };
    }

    /// <summary>
    /// Names in order, as upstream keeps it: kubectl compares the bytes with those of the present one.
    /// </summary>
    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
