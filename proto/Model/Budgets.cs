namespace Edge.Proto.Model;

/// <summary>
/// What the controller of disruption budgets and the eviction of a pod must do alike. Pure.
/// </summary>
public static class Budgets
{
    public const string AllowedCondition = "DisruptionAllowed";

    /// <summary>
    /// So long a granted eviction counts though the pod is not seen to go (Kubernetes' DeletionTimeout).
    /// </summary>
    public static readonly TimeSpan DeletionTimeout = TimeSpan.FromMinutes(2);

    /// <summary>With the condition that says whether anything may be evicted; its time moves with its status.</summary>
    /// <param name="status">What was counted.</param>
    /// <param name="failure">Why nothing could be counted, or null.</param>
    /// <param name="now">The time of a change.</param>
    public static PodDisruptionBudgetStatus WithCondition(
        PodDisruptionBudgetStatus status, string? failure, DateTimeOffset now)
    {
        var allowed = failure is null && status.DisruptionsAllowed > 0;
        var next = new Condition
        {
            Type = AllowedCondition,
            Status = allowed ? "True" : "False",
            Reason = failure is not null ? "SyncFailed" : allowed ? "SufficientPods" : "InsufficientPods",
            Message = failure ?? "",
            ObservedGeneration = status.ObservedGeneration,
        };
        var conditions = new List<Condition>();
        Condition? before = null;
        foreach (var condition in status.Conditions ?? [])
        {
            if (condition.Type == AllowedCondition)
            {
                before = condition;
            }
            else
            {
                conditions.Add(condition);
            }
        }

        conditions.Add(next with
        {
            LastTransitionTime = before?.Status == next.Status ? before.LastTransitionTime : now,
        });
        return status with { Conditions = conditions };
    }
}
