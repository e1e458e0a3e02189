using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Deployments;

/// <summary>What is to be done for a Deployment, and the status that describes what is there now. Pure.</summary>
/// <param name="Steps">What to do, in order.</param>
/// <param name="Status">The status before the steps; what they change is counted at the next look.</param>
/// <param name="CheckAgain">When to look again without an event, or null.</param>
internal sealed record DeploymentPlan(
    IReadOnlyList<DeploymentStep> Steps, DeploymentStatus Status, TimeSpan? CheckAgain)
{
    public static DeploymentPlan Of(DeploymentState state, DateTimeOffset now)
    {
        var steps = StepsOf(state);
        var status = StatusOf(state, now);
        status = status with { Conditions = Progress.Of(state, status, steps, now) };
        var deadline = Progress.Deadline(state.Deployment, status.Conditions);
        // A second more, because the deadline must have passed to count.
        return new DeploymentPlan(steps, status, deadline is { } due && due >= now
            ? due - now + TimeSpan.FromSeconds(1)
            : null);
    }

    private static List<DeploymentStep> StepsOf(DeploymentState state)
    {
        if (state.Deployment.Metadata.DeletionTimestamp is not null)
        {
            return [];
        }

        List<DeploymentStep> steps =
        [
            .. state.Adopt.Select(set => new DeploymentStep.Adopt(set.Metadata.Name!)),
            .. state.Release.Select(set => new DeploymentStep.Release(set.Metadata.Name!)),
        ];
        if (state.New is { } fresh && RevisionMark.IsDue(state, fresh))
        {
            steps.Add(new DeploymentStep.Mark(fresh.Name, Math.Max(fresh.Revision, state.NextRevision)));
        }

        steps.AddRange(state.IsPaused || ProportionalScale.ComesFirst(state) ? ProportionalScale.Of(state)
            : state.IsRolling ? Rollout.Rolling(state)
            : Rollout.Recreate(state));
        if (state.IsPaused || state.IsComplete)
        {
            steps.AddRange(Forget(state));
        }

        return steps;
    }

    /// <summary>Sets beyond <c>revisionHistoryLimit</c>, the oldest revisions first; only what is empty.</summary>
    private static IEnumerable<DeploymentStep> Forget(DeploymentState state)
    {
        var limit = state.Deployment.Spec.RevisionHistoryLimit ?? int.MaxValue;
        var old = state.Old.Where(set => set.Set.Metadata.DeletionTimestamp is null).ToList();
        return old.OrderBy(set => set.Revision).Take(Math.Max(old.Count - limit, 0))
            .Where(set => set is { Replicas: 0, Active: 0 })
            .Select(set => new DeploymentStep.DeleteSet(set.Name));
    }

    private static DeploymentStatus StatusOf(DeploymentState state, DateTimeOffset now)
    {
        var all = state.All;
        var available = all.Sum(set => set.Available);
        var old = state.Deployment.Status;
        var conditions = Conditions.Set(old?.Conditions ?? [], Available(state, available), now);
        conditions = Failure(state) is { } failure
            ? Conditions.Set(conditions, failure, now)
            : Conditions.Without(conditions, ReplicaFailure.Type);
        return new DeploymentStatus
        {
            ObservedGeneration = state.Deployment.Metadata.Generation,
            Replicas = Count(all.Sum(set => set.Active)),
            UpdatedReplicas = Count(state.New?.Active ?? 0),
            ReadyReplicas = Count(all.Sum(set => set.Ready)),
            AvailableReplicas = Count(available),
            UnavailableReplicas = Count(Math.Max(all.Sum(set => set.Replicas) - available, 0)),
            CollisionCount = old?.CollisionCount,
            Conditions = conditions,
        };
    }

    private static Condition Available(DeploymentState state, int available)
    {
        var absent = state.All.Sum(set => set.Absent);
        var note = absent switch
        {
            0 => "",
            1 => " 1 replica is on a node out of reach.",
            _ => $" {absent} replicas are on nodes out of reach.",
        };
        return available >= state.MinAvailable
            ? new Condition
            {
                Type = "Available", Status = "True", Reason = "MinimumReplicasAvailable",
                Message = "Deployment has minimum availability." + note,
            }
            : new Condition
            {
                Type = "Available", Status = "False", Reason = "MinimumReplicasUnavailable",
                Message = "Deployment does not have minimum availability." + note,
            };
    }

    /// <summary>Why pods cannot be made, of the newest set before the others.</summary>
    private static Condition? Failure(DeploymentState state) =>
        state.All.Reverse().SelectMany(set => set.Set.Status?.Conditions ?? [])
            .FirstOrDefault(condition => condition.Type == ReplicaFailure.Type);

    /// <summary>Zero is left out, as upstream's omitempty does.</summary>
    private static int? Count(int number) => number == 0 ? null : number;
}
