using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>What is to be done about a DaemonSet, and the status that describes what is there now. Pure.</summary>
/// <param name="Claims">Pods to take over and to let go.</param>
/// <param name="History">What to do for its revisions, before the pods.</param>
/// <param name="Create">Nodes to make a pod for, at most <see cref="BurstMax"/>.</param>
/// <param name="Delete">Pods that are to go, at most <see cref="BurstMax"/>.</param>
/// <param name="Status">The status before that.</param>
/// <param name="CheckAgain">When time alone changes something, or null.</param>
internal sealed record DaemonSetPlan(
    PodClaims Claims, IReadOnlyList<RevisionStep> History, IReadOnlyList<string> Create,
    IReadOnlyList<DoomedPod> Delete, DaemonSetStatus Status, TimeSpan? CheckAgain)
{
    /// <summary>Pods made or deleted in one look, as upstream: a large set must not hold up the others.</summary>
    public const int BurstMax = 250;

    public static DaemonSetPlan Of(DaemonSetState state, DateTimeOffset now)
    {
        var set = state.Set;
        var claims = PodClaims.Of(set.Metadata, set.Spec.Selector, state.Owned, state.Unowned);
        var pods = claims.All.ToList();
        var nodes = NodePods.All(state, pods);
        var status = StatusOf(state, nodes, now);
        if (set.Metadata.DeletionTimestamp is not null)
        {
            return new DaemonSetPlan(claims, [], [], [], status, null);
        }

        var upkeep = new Upkeep(state, now);
        foreach (var node in nodes)
        {
            upkeep.Look(node);
        }

        upkeep.LookForStrays(pods);
        var (create, delete) = (upkeep.Missing, upkeep.Doomed);
        if (state.IsRolling && create.Count + delete.Count == 0)
        {
            // Only what is in order is updated; what was done now is looked at again.
            var rollout = new Rollout(state, now);
            rollout.Look(nodes);
            (create, delete) = (rollout.Surge, rollout.Doomed);
        }

        return new DaemonSetPlan(
            claims, state.History.Steps(set.Spec.RevisionHistoryLimit, InUse(state, pods)),
            [.. create.Take(BurstMax)], [.. delete.Take(BurstMax)], status, Next(state, pods, now));
    }

    private static HashSet<string> InUse(DaemonSetState state, List<PodView> pods)
    {
        var hashes = pods.Select(pod => pod.Labels.GetValueOrDefault(TemplateRevision.Label)).ToHashSet();
        return
        [
            .. state.History.All.Where(revision => hashes.Contains(DaemonSetState.HashOf(revision)))
                .Select(revision => revision.Name),
        ];
    }

    /// <summary>Of each node its oldest pod counts, as upstream; none out of reach is known to be ready.</summary>
    private static DaemonSetStatus StatusOf(DaemonSetState state, IReadOnlyList<NodePods> nodes, DateTimeOffset now)
    {
        int wanted = 0, current = 0, misplaced = 0, ready = 0, available = 0, updated = 0;
        foreach (var node in nodes)
        {
            var oldest = node.Pods.Count > 0 ? node.Pods[0] : null;
            if (!node.Eligibility.IsWanted)
            {
                misplaced += oldest is null ? 0 : 1;
                continue;
            }

            wanted++;
            if (oldest is null)
            {
                continue;
            }

            current++;
            updated += state.IsUpdated(oldest) ? 1 : 0;
            if (oldest.IsReady && node.Node.IsThere)
            {
                ready++;
                available += oldest.IsAvailable(state.MinReadySeconds, now) ? 1 : 0;
            }
        }

        return new DaemonSetStatus
        {
            CurrentNumberScheduled = current,
            NumberMisscheduled = misplaced,
            DesiredNumberScheduled = wanted,
            NumberReady = ready,
            ObservedGeneration = state.Set.Metadata.Generation,
            UpdatedNumberScheduled = Count(updated),
            NumberAvailable = Count(available),
            NumberUnavailable = Count(wanted - available),
            CollisionCount = state.Set.Status?.CollisionCount,
            Conditions = state.Set.Status?.Conditions,
        };
    }

    private static TimeSpan? Next(DaemonSetState state, List<PodView> pods, DateTimeOffset now)
    {
        TimeSpan? next = null;
        foreach (var rest in pods.Select(pod => pod.AvailableIn(state.MinReadySeconds, now))
            .Concat(state.Resting.Values.Select(rest => (TimeSpan?)rest)))
        {
            if (rest is not null && (next is null || rest < next))
            {
                next = rest;
            }
        }

        return next;
    }

    /// <summary>What is zero is not written, as in Kubernetes.</summary>
    private static int? Count(int count) => count == 0 ? null : count;
}
