using Edge.Proto.Model;

namespace Edge.Server.Control.Deployments;

/// <summary>
/// The condition Progressing: whether a rollout goes on, is done, paused, or has stopped for longer than
/// <c>progressDeadlineSeconds</c> (apps/v1). Pure.
/// </summary>
internal static class Progress
{
    public const string Type = "Progressing";

    private const string Available = "NewReplicaSetAvailable";
    private const string TimedOut = "ProgressDeadlineExceeded";
    private const string Paused = "DeploymentPaused";

    /// <param name="state">What there is.</param>
    /// <param name="status">The new counts, with the old conditions.</param>
    /// <param name="steps">What is about to be done.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<Condition> Of(
        DeploymentState state, DeploymentStatus status, IReadOnlyList<DeploymentStep> steps, DateTimeOffset now)
    {
        var conditions = status.Conditions ?? [];
        if (!HasDeadline(state.Deployment))
        {
            return Conditions.Without(conditions, Type);
        }

        var old = Conditions.Find(conditions, Type);
        if (state.IsPaused)
        {
            return old?.Reason is TimedOut or Paused
                ? conditions
                : Conditions.Set(conditions, New("Unknown", Paused, "Deployment is paused"), now);
        }

        if (old?.Reason == Paused)
        {
            return Conditions.Set(conditions, New("Unknown", "DeploymentResumed", "Deployment is resumed"), now);
        }

        if (steps.OfType<DeploymentStep.CreateSet>().FirstOrDefault() is { } create)
        {
            return Conditions.Set(
                conditions, New("True", "NewReplicaSetCreated", $"Created new replica set \"{create.Set}\""), now);
        }

        if (old is not null)
        {
            return Judge(state, status, old, now);
        }

        return state.New is { } fresh
            ? Conditions.Set(
                conditions, New("True", "FoundNewReplicaSet", $"Found new replica set \"{fresh.Name}\""), now)
            : conditions;
    }

    /// <summary>When the rollout will have stood still for too long; null when nobody waits.</summary>
    public static DateTimeOffset? Deadline(Deployment deployment, IReadOnlyList<Condition> conditions) =>
        HasDeadline(deployment) && deployment.Spec.Paused != true
            && Conditions.Find(conditions, Type) is { Reason: not (Available or TimedOut) } running
            ? (running.LastUpdateTime ?? DateTimeOffset.UnixEpoch).AddSeconds(
                deployment.Spec.ProgressDeadlineSeconds!.Value)
            : null;

    private static IReadOnlyList<Condition> Judge(
        DeploymentState state, DeploymentStatus status, Condition old, DateTimeOffset now)
    {
        var conditions = status.Conditions ?? [];
        var subject = state.New is { } fresh
            ? $"ReplicaSet \"{fresh.Name}\""
            : $"Deployment \"{state.Deployment.Metadata.Name}\"";
        if (old.Reason == Available && status.Replicas == status.UpdatedReplicas)
        {
            return conditions;
        }

        if (state.IsComplete)
        {
            return Conditions.Set(conditions,
                New("True", Available, $"{subject} has successfully progressed."), now);
        }

        if (HasProgressed(state.Deployment.Status ?? new DeploymentStatus(), status))
        {
            return Conditions.Set(conditions,
                New("True", "ReplicaSetUpdated", $"{subject} is progressing."), now, refresh: true);
        }

        return Deadline(state.Deployment, conditions) is { } deadline && deadline < now
            ? Conditions.Set(
                conditions, New("False", TimedOut, $"{subject} has timed out progressing."), now)
            : conditions;
    }

    private static bool HasProgressed(DeploymentStatus before, DeploymentStatus now) =>
        (now.UpdatedReplicas ?? 0) > (before.UpdatedReplicas ?? 0)
        || Outdated(now) < Outdated(before)
        || (now.ReadyReplicas ?? 0) > (before.ReadyReplicas ?? 0)
        || (now.AvailableReplicas ?? 0) > (before.AvailableReplicas ?? 0);

    private static int Outdated(DeploymentStatus status) => (status.Replicas ?? 0) - (status.UpdatedReplicas ?? 0);

    /// <summary>The largest 32-bit number stands for none, as upstream.</summary>
    private static bool HasDeadline(Deployment deployment) =>
        deployment.Spec.ProgressDeadlineSeconds is not (null or int.MaxValue);

    private static Condition New(string status, string reason, string message) =>
        new() { Type = Type, Status = status, Reason = reason, Message = message };
}
