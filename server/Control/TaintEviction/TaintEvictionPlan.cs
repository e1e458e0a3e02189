using Edge.Proto.Model;

namespace Edge.Server.Control.TaintEviction;

/// <summary>What becomes of a pod because of its node's NoExecute taints: zero or less is now, null is never.</summary>
/// <param name="DeleteIn">Until it is deleted and its node ends it.</param>
/// <param name="RemoveIn">Until its lease is over and it is taken out: its node has ended it.</param>
internal sealed record TaintDecision(TimeSpan? DeleteIn, TimeSpan? RemoveIn)
{
    public static TaintDecision Stay { get; } = new(null, null);

    public bool Deletes => DeleteIn <= TimeSpan.Zero;

    public bool Removes => RemoveIn <= TimeSpan.Zero;

    /// <summary>When to look again; null when time alone changes nothing.</summary>
    public TimeSpan? Next => RemoveIn is null || DeleteIn < RemoveIn ? DeleteIn : RemoveIn;
}

/// <summary>
/// Kubernetes' taint eviction, but for a node that is not ready or not reached: there a pod that says nothing stays,
/// because a node that is cut off is not dead (design, 6.4). Pure.
/// </summary>
internal static class TaintEvictionPlan
{
    private const string NoExecute = "NoExecute";

    /// <param name="pod">A pod of the node.</param>
    /// <param name="node">Its node.</param>
    /// <param name="taintedFor">How long the pod has been seen beside taints that it bears only for a time.</param>
    /// <param name="silence">How long nothing was heard of the node.</param>
    public static TaintDecision Decide(Pod pod, Node node, TimeSpan taintedFor, TimeSpan silence)
    {
        var taints = new List<Taint>();
        var unreachable = false;
        foreach (var taint in node.Spec?.Taints ?? [])
        {
            if (taint.Effect == NoExecute)
            {
                unreachable |= taint.Key == Fencing.UnreachableTaint;
                taints.Add(taint);
            }
        }

        return taints.Count == 0
            ? TaintDecision.Stay
            : new TaintDecision(
                pod.Metadata.DeletionTimestamp is null ? Bears(pod, taints) - taintedFor : null,
                unreachable && !IsOver(pod) && IsKnown(pod)
                    ? Fencing.ServerWait(pod, Fencing.KeepAlive(node)) - silence
                    : null);
    }

    /// <summary>What matters of a node here, as one text; a node that only says something else has the same.</summary>
    public static string Signature(Node node)
    {
        var parts = new List<string>();
        foreach (var taint in node.Spec?.Taints ?? [])
        {
            if (taint.Effect == NoExecute)
            {
                parts.Add($"{taint.Key}={taint.Value}");
            }
        }

        return string.Join(',', parts);
    }

    /// <summary>
    /// How long the pod bears the taints: the least of what its tolerations say, where the first that fits a taint
    /// counts; zero when it does not bear one of them, null when it bears them for ever.
    /// </summary>
    private static TimeSpan? Bears(Pod pod, List<Taint> taints)
    {
        TimeSpan? least = null;
        foreach (var taint in taints)
        {
            if (taint.Key == Fencing.UnreachableTaint)
            {
                // The lease decides: until it is over the pod may run, and deleting it would start another.
                continue;
            }

            if (First(pod, taint) is { } toleration)
            {
                if (toleration.TolerationSeconds is { } seconds)
                {
                    var time = TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue));
                    least = least is null || time < least ? time : least;
                }
            }
            else if (taint.Key != Fencing.NotReadyTaint)
            {
                return TimeSpan.Zero;
            }
        }

        return least;
    }

    private static Toleration? First(Pod pod, Taint taint)
    {
        foreach (var toleration in pod.Spec.Tolerations ?? [])
        {
            if (toleration.Tolerates(taint))
            {
                return toleration;
            }
        }

        return null;
    }

    /// <summary>It was taken out already, and finalizers hold what is left.</summary>
    private static bool IsOver(Pod pod) =>
        pod.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: 0 }
        && pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>
    /// The node counts with the tolerations that the pod has now: it has seen this generation, or there was no other.
    /// Being deleted makes a generation too, and after it they cannot change (PodUpdateRules). With a node that may
    /// know another toleration there is no lease.
    /// </summary>
    private static bool IsKnown(Pod pod)
    {
        var generation = pod.Metadata.Generation ?? 1;
        var unseen = pod.Metadata.DeletionTimestamp is null ? 0 : 1;
        return (pod.Status?.ObservedGeneration ?? 1) >= generation - unseen;
    }
}
