using System.Text.Json.Nodes;
using Edge.Proto.Model;

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

/// <summary>What becomes of the dependents of a deleted object (propagationPolicy of meta/v1 DeleteOptions).</summary>
internal enum Propagation
{
    /// <summary>They go after it.</summary>
    Background,

    /// <summary>It goes after those that block it.</summary>
    Foreground,

    /// <summary>They stay, and forget it.</summary>
    Orphan,
}

/// <summary>How an object is to be deleted.</summary>
/// <param name="GraceSeconds">For a pod; null for its own. Negative counts as one second, as upstream.</param>
/// <param name="Propagation">Null for what its finalizers say, or else Background, the default of all kinds.</param>
internal readonly record struct DeletionWish(long? GraceSeconds = null, Propagation? Propagation = null);

/// <summary>
/// Kubernetes' rules of deletion: finalizers hold any object; a pod bound to a node is held by its node for its grace
/// period; a namespace by spec.finalizers. A later request can only shorten the grace, but may
/// change the propagation of all but a pod in its grace.
/// </summary>
internal static class Deletion
{
    /// <summary>Holds an object until those of its dependents are gone that block it.</summary>
    public const string ForegroundFinalizer = "foregroundDeletion";

    /// <summary>Holds an object until its dependents have forgotten it.</summary>
    public const string OrphanFinalizer = "orphan";

    /// <summary>
    /// Namespaces that every cluster has and nobody may delete: tokens, deny-list and the cluster's UID live in them.
    /// </summary>
    public static readonly IReadOnlyList<string> KeptNamespaces =
        ["default", "kube-system", "kube-public", "kube-node-lease"];

    /// <summary>Kubernetes' own default.</summary>
    private const long DefaultGraceSeconds = 30;

    /// <summary>The next step; edits <paramref name="obj"/> when it is to be marked.</summary>
    public static DeletionStep Plan(string resource, JsonObject obj, DeletionWish wish, DateTimeOffset now)
    {
        var metadata = obj["metadata"]!.AsObject();
        var marked = metadata["deletionTimestamp"] is not null;
        var current = metadata["deletionGracePeriodSeconds"]?.GetValue<long>() ?? 0;
        var grace = marked && current == 0 ? 0 : resource == "pods" ? PodGrace(obj, wish.GraceSeconds) : 0;
        if (marked && grace > 0 && (wish.GraceSeconds is null || grace >= current))
        {
            return new DeletionStep.Nothing();
        }

        var propagates = SetPropagation(resource, metadata, wish.Propagation);
        if (!IsHeld(resource, obj) && grace == 0)
        {
            return new DeletionStep.Remove();
        }

        if (!marked)
        {
            MarkFirst(resource, obj, metadata);
        }
        else if (grace == current)
        {
            return propagates ? new DeletionStep.Mark(obj) : new DeletionStep.Nothing();
        }

        metadata["deletionTimestamp"] = TimeJson.Text(now.AddSeconds(grace));
        if (resource != "namespaces")
        {
            metadata["deletionGracePeriodSeconds"] = grace;
        }

        return new DeletionStep.Mark(obj);
    }

    /// <summary>True when an update has taken away the last thing that held a marked object.</summary>
    public static bool IsReleased(string resource, JsonObject obj) =>
        obj["metadata"]?["deletionTimestamp"] is not null
        && !IsHeld(resource, obj)
        && (obj["metadata"]?["deletionGracePeriodSeconds"]?.GetValue<long>() ?? 0) == 0;

    private static void MarkFirst(string resource, JsonObject obj, JsonObject metadata)
    {
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
    }

    private static bool IsHeld(string resource, JsonObject obj) =>
        obj["metadata"]?["finalizers"] is JsonArray { Count: > 0 }
        || (resource == "namespaces" && obj["spec"]?["finalizers"] is JsonArray { Count: > 0 });

    /// <summary>
    /// Leaves the finalizer that the propagation asks for, and not the other one; true when that changed anything.
    /// Without a wish the finalizers that stand there are the wish. Events own nothing.
    /// </summary>
    private static bool SetPropagation(string resource, JsonObject metadata, Propagation? propagation)
    {
        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        if (resource == "events" || (propagation is null && finalizers.Count == 0))
        {
            return false;
        }

        var present = finalizers.Select(entry => entry?.ToString() ?? "").ToList();
        var wanted = propagation switch
        {
            Propagation.Background => null,
            Propagation.Foreground => ForegroundFinalizer,
            Propagation.Orphan => OrphanFinalizer,
            null => present.FirstOrDefault(IsOfPropagation),
            _ => throw new InvalidOperationException("unknown propagation"),
        };
        if (present.Where(IsOfPropagation).SequenceEqual(wanted is null ? [] : [wanted]))
        {
            return false;
        }

        var left = present.Where(entry => !IsOfPropagation(entry)).Concat(wanted is null ? [] : [wanted])
            .Select(entry => (JsonNode)entry).ToArray();
        metadata.Remove("finalizers");
        if (left.Length > 0)
        {
            metadata["finalizers"] = new JsonArray(left);
        }

        return true;
    }

    private static bool IsOfPropagation(string finalizer) => finalizer is OrphanFinalizer or ForegroundFinalizer;

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
}
