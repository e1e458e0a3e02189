using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>What is to be done about a StatefulSet, and the status that describes what is there now. Pure.</summary>
/// <param name="Claims">Pods to take over and to let go.</param>
/// <param name="History">What to do for its revisions, before the steps.</param>
/// <param name="Steps">What to do, in order.</param>
/// <param name="Status">The status before the steps.</param>
/// <param name="CheckAgain">When a ready pod becomes available by time alone, or null.</param>
internal sealed record StatefulSetPlan(
    PodClaims Claims, IReadOnlyList<RevisionStep> History, IReadOnlyList<StatefulSetStep> Steps,
    StatefulSetStatus Status, TimeSpan? CheckAgain)
{
    public static StatefulSetPlan Of(StatefulSetState state, DateTimeOffset now)
    {
        var set = state.Set;
        var claims = PodClaims.Of(set.Metadata, set.Spec.Selector, state.Owned, state.Unowned);
        var pods = claims.All.ToList();
        var range = ReplicaRange.Of(state, pods, now);
        IReadOnlyList<RevisionStep> history = [];
        List<StatefulSetStep> steps = [];
        if (set.Metadata.DeletionTimestamp is null)
        {
            history = state.History.Steps(set.Spec.RevisionHistoryLimit, InUse(state, pods));
            if (new Scaling(state, range, steps).Walk() && state.IsRolling)
            {
                steps.AddRange(RollingUpdate.Next(state, range)
                    .Select(replica => new StatefulSetStep.DeletePod(replica.Name)));
            }
        }

        return new StatefulSetPlan(claims, history, steps, StatusOf(state, pods, now), NextAvailable(set, pods, now));
    }

    private static HashSet<string> InUse(StatefulSetState state, List<PodView> pods)
    {
        HashSet<string> names = [state.CurrentRevision, state.UpdateRevision];
        foreach (var pod in pods)
        {
            names.Add(pod.Labels.GetValueOrDefault(TemplateRevision.Label) ?? "");
        }

        return names;
    }

    private static StatefulSetStatus StatusOf(StatefulSetState state, List<PodView> pods, DateTimeOffset now)
    {
        var set = state.Set;
        int ready = 0, available = 0, current = 0, updated = 0;
        foreach (var pod in pods)
        {
            // Of a pod out of reach nobody knows whether it still serves.
            if (pod.IsRunningReady && !state.Absent.Contains(pod.NodeName))
            {
                ready++;
                available += pod.IsAvailable(set.Spec.MinReadySeconds ?? 0, now) ? 1 : 0;
            }

            var revision = pod.IsDeleting ? null : pod.Labels.GetValueOrDefault(TemplateRevision.Label);
            current += revision == state.CurrentRevision ? 1 : 0;
            updated += revision == state.UpdateRevision ? 1 : 0;
        }

        var isComplete = state.IsRolling && pods.Count == state.Replicas && updated == pods.Count
            && ready == pods.Count;
        return new StatefulSetStatus
        {
            ObservedGeneration = set.Metadata.Generation,
            Replicas = pods.Count,
            ReadyReplicas = Count(ready),
            CurrentReplicas = Count(isComplete ? updated : current),
            UpdatedReplicas = Count(updated),
            CurrentRevision = isComplete ? state.UpdateRevision : state.CurrentRevision,
            UpdateRevision = state.UpdateRevision,
            CollisionCount = set.Status?.CollisionCount ?? 0,
            Conditions = set.Status?.Conditions,
            AvailableReplicas = available,
        };
    }

    private static TimeSpan? NextAvailable(StatefulSet set, List<PodView> pods, DateTimeOffset now)
    {
        TimeSpan? next = null;
        foreach (var pod in pods)
        {
            if (pod.AvailableIn(set.Spec.MinReadySeconds ?? 0, now) is { } rest && (next is null || rest < next))
            {
                next = rest;
            }
        }

        return next;
    }

    /// <summary>What is zero is not written, as in Kubernetes.</summary>
    private static int? Count(int count) => count == 0 ? null : count;
}
