using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Server.Store;

/// <summary>What a request to delete an object comes to.</summary>
internal abstract record DeletionStep
{
    private DeletionStep()
    {
    }

    /// <summary>Nothing holds the object: take it out.</summary>
    internal sealed record Remove : DeletionStep;

    /// <summary>Something holds it: store the tree, which is now marked.</summary>
    internal sealed record Mark(JsonObject Object) : DeletionStep;

    /// <summary>It is marked already, and this request changes nothing.</summary>
    internal sealed record Nothing : DeletionStep;
}

/// <summary>
/// Kubernetes' rules of deletion: finalizers hold any object; a pod bound to a node is held by its node for its grace
/// period; a namespace by spec.finalizers. A later request can only shorten the grace.
/// </summary>
internal static class Deletion
{
    /// <summary>
    /// Namespaces that every cluster has and nobody may delete: tokens, deny-list and the cluster's UID live in them.
    /// </summary>
    public static readonly IReadOnlyList<string> KeptNamespaces =
        ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Kubernetes' own default.</summary>
    private const long DefaultGraceSeconds = 30;

    /// <summary>The next step; edits <paramref name="obj"/> when it is to be marked.</summary>
    public static DeletionStep Plan(string resource, JsonObject obj, long? graceSeconds, DateTimeOffset now)
    {
        var metadata = obj["metadata"]!.AsObject();
        var grace = resource == "pods" ? PodGrace(obj, graceSeconds) : 0;
        var marked = metadata["deletionTimestamp"] is not null;
        var held = IsHeld(resource, obj);
        if (!held && grace == 0)
        {
            return new DeletionStep.Remove();
        }

        if (marked)
        {
            return Shorten(metadata, grace, obj, now);
        }

        metadata["deletionTimestamp"] = Time(now.AddSeconds(grace));
        metadata["deletionGracePeriodSeconds"] = grace;
        if (metadata["generation"] is JsonValue generation)
        {
            metadata["generation"] = generation.GetValue<long>() + 1;
        }

        if (resource == "namespaces")
        {
            var status = obj["status"] as JsonObject ?? [];
            status["phase"] = "Terminating";
            obj["status"] = status;
        }

        return new DeletionStep.Mark(obj);
    }

    /// <summary>True when an update has taken away the last thing that held a marked object.</summary>
    public static bool IsReleased(string resource, JsonObject obj) =>
        obj["metadata"]?["deletionTimestamp"] is not null
        && !IsHeld(resource, obj)
        && (obj["metadata"]?["deletionGracePeriodSeconds"]?.GetValue<long>() ?? 0) == 0;

    private static bool IsHeld(string resource, JsonObject obj) =>
        obj["metadata"]?["finalizers"] is JsonArray { Count: > 0 }
        || (resource == "namespaces" && obj["spec"]?["finalizers"] is JsonArray { Count: > 0 });

    private static long PodGrace(JsonObject pod, long? asked)
    {
        var node = pod["spec"]?["nodeName"]?.GetValue<string>();
        var phase = pod["status"]?["phase"]?.GetValue<string>();
        // A finished pod has nothing left to end; its node clears up when the pod leaves its desired state.
        if (string.IsNullOrEmpty(node) || phase is "Succeeded" or "Failed" || asked == 0)
        {
            return 0;
        }

        var grace = asked ?? pod["spec"]?["terminationGracePeriodSeconds"]?.GetValue<long>() ?? DefaultGraceSeconds;
        return Math.Max(grace, 1);
    }

    private static DeletionStep Shorten(JsonObject metadata, long grace, JsonObject obj, DateTimeOffset now)
    {
        var current = metadata["deletionGracePeriodSeconds"]?.GetValue<long>() ?? 0;
        if (grace >= current)
        {
            return new DeletionStep.Nothing();
        }

        metadata["deletionTimestamp"] = Time(now.AddSeconds(grace));
        metadata["deletionGracePeriodSeconds"] = grace;
        return new DeletionStep.Mark(obj);
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
