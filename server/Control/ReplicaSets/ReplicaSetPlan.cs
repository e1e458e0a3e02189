using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.ReplicaSets;

/// <summary>What a ReplicaSet has, of one moment.</summary>
/// <param name="Set">The ReplicaSet.</param>
/// <param name="Owned">Pods with its reference.</param>
/// <param name="Unowned">Pods of its namespace that nobody manages.</param>
/// <param name="Absent">Names of nodes out of reach that its pods are on.</param>
/// <param name="Related">Per node, how many active pods the ReplicaSets of the same owner have there.</param>
internal sealed record ReplicaSetState(
    ReplicaSet Set, IReadOnlyList<PodView> Owned, IReadOnlyList<PodView> Unowned, IReadOnlySet<string> Absent,
    IReadOnlyDictionary<string, int> Related);

/// <summary>What is to be done about a ReplicaSet (apps/v1).</summary>
/// <param name="Claims">Pods to take over and to let go.</param>
/// <param name="Create">How many pods are missing, at most <see cref="BurstMax"/>.</param>
/// <param name="Delete">Pods too many, the least useful first.</param>
/// <param name="Status">The status that describes the pods that are there now.</param>
/// <param name="CheckAgain">When a ready pod becomes available by time alone, or null.</param>
internal sealed record ReplicaSetPlan(
    PodClaims Claims, int Create, IReadOnlyList<PodView> Delete, ReplicaSetStatus Status, TimeSpan? CheckAgain)
{
    /// <summary>Made or deleted in one sync, as upstream: keeps one large set from holding up all others.</summary>
    public const int BurstMax = 500;

    public static ReplicaSetPlan Of(ReplicaSetState state, DateTimeOffset now)
    {
        var set = state.Set;
        var claims = PodClaims.Of(set.Metadata, set.Spec.Selector, state.Owned, state.Unowned);
        var active = claims.All.Where(pod => pod.IsActive).ToList();
        var wanted = set.Spec.Replicas ?? 1;
        var missing = set.Metadata.DeletionTimestamp is null ? wanted - active.Count : 0;
        IReadOnlyList<PodView> delete = missing >= 0
            ? []
            : [.. active.Order(new DeletionOrder(state.Absent, state.Related, now)).Take(Math.Min(-missing, BurstMax))];
        return new ReplicaSetPlan(
            claims, Math.Clamp(missing, 0, BurstMax), delete, StatusOf(state, active, now),
            NextAvailable(set, active, now));
    }

    private static ReplicaSetStatus StatusOf(ReplicaSetState state, List<PodView> active, DateTimeOffset now)
    {
        var set = state.Set;
        var template = new LabelSelector { MatchLabels = set.Spec.Template?.Metadata.Labels };
        // Of a pod out of reach nobody knows whether it still serves.
        var ready = active.Where(pod => pod.IsReady && !state.Absent.Contains(pod.NodeName)).ToList();
        return new ReplicaSetStatus
        {
            Replicas = active.Count,
            FullyLabeledReplicas = Count(active.Count(pod => template.Matches(pod.Labels))),
            ReadyReplicas = Count(ready.Count),
            AvailableReplicas = Count(ready.Count(pod => pod.IsAvailable(set.Spec.MinReadySeconds ?? 0, now))),
            ObservedGeneration = set.Metadata.Generation,
            Conditions = set.Status?.Conditions,
        };
    }

    /// <summary>Zero is left out, as upstream's omitempty does.</summary>
    private static int? Count(int number) => number == 0 ? null : number;

    private static TimeSpan? NextAvailable(ReplicaSet set, List<PodView> active, DateTimeOffset now)
    {
        TimeSpan? next = null;
        foreach (var pod in active)
        {
            if (pod.AvailableIn(set.Spec.MinReadySeconds ?? 0, now) is { } rest && (next is null || rest < next))
            {
                next = rest;
            }
        }

        return next;
    }
}
