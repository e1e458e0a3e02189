using System.Text.Json.Nodes;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// Keeps a Job's pod until the Job has counted how it ended (KEP 2307). All edits are in place and idempotent.
/// </summary>
internal static class JobFinalizer
{
    public const string Name = "batch.kubernetes.io/job-tracking";

    public static JsonObject Add(JsonObject pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        if (!IsOn(pod))
        {
            var kept = (metadata["finalizers"] as JsonArray ?? []).Select(entry => entry?.DeepClone());
            metadata["finalizers"] = new JsonArray([.. kept, Name]);
        }

        return pod;
    }

    public static JsonObject Remove(JsonObject pod)
    {
        var metadata = pod["metadata"]!.AsObject();
        var kept = (metadata["finalizers"] as JsonArray ?? []).Where(entry => entry?.ToString() != Name)
            .Select(entry => entry?.DeepClone()).ToArray();
        metadata.Remove("finalizers");
        if (kept.Length > 0)
        {
            metadata["finalizers"] = new JsonArray(kept);
        }

        return pod;
    }

    public static bool IsOn(JsonObject pod) =>
        pod["metadata"]?["finalizers"] is JsonArray finalizers && finalizers.Any(entry => entry?.ToString() == Name);
}
