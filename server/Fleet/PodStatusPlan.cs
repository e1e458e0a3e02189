using System.Text.Json.Nodes;

namespace Edge.Server.Fleet;

/// <summary>Puts what a node reports of a pod into the stored pod. Pure.</summary>
internal static class PodStatusPlan
{
    /// <summary>Why the report does not concern this pod, or null when it does.</summary>
    public static string? Refusal(JsonObject pod, string uid, string node) =>
        Text(pod["metadata"]?["uid"]) != uid ? "the pod of that name is another one"
        : Text(pod["spec"]?["nodeName"]) != node ? "the pod is not bound to this node"
        : null;

    /// <summary>
    /// The pod with the reported status. Conditions that the node does not name stay (PodScheduled is the scheduler's);
    /// a phase that is final stays final.
    /// </summary>
    public static JsonObject Apply(JsonObject pod, JsonObject reported)
    {
        var old = pod["status"] as JsonObject ?? [];
        if (Text(old["phase"]) is "Succeeded" or "Failed" && Text(reported["phase"]) != Text(old["phase"]))
        {
            return pod;
        }

        var status = reported.DeepClone().AsObject();
        status["conditions"] = MergeConditions(old["conditions"] as JsonArray, status["conditions"] as JsonArray);
        foreach (var kept in new[] { "qosClass", "nominatedNodeName" })
        {
            if (status[kept] is null && old[kept] is { } value)
            {
                status[kept] = value.DeepClone();
            }
        }

        pod["status"] = status;
        return pod;
    }

    internal static JsonArray MergeConditions(JsonArray? old, JsonArray? reported)
    {
        var merged = new JsonArray();
        var named = (reported ?? []).Select(condition => Text(condition?["type"])).ToHashSet();
        foreach (var condition in (old ?? []).Where(condition => !named.Contains(Text(condition?["type"]))))
        {
            merged.Add(condition?.DeepClone());
        }

        foreach (var condition in reported ?? [])
        {
            merged.Add(condition?.DeepClone());
        }

        return merged;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text)
        ? text
        : null;
}
