using Edge.Proto.Model;

namespace Edge.Server.Api.Pods;

/// <summary>Whether a pod may be evicted, and what its budget says afterwards.</summary>
internal abstract record EvictionAnswer
{
    private EvictionAnswer()
    {
    }

    /// <summary>No budget is asked.</summary>
    internal sealed record Free : EvictionAnswer;

    /// <summary>The budget grants it and has this status then.</summary>
    internal sealed record Granted(PodDisruptionBudget Budget, PodDisruptionBudgetStatus Status) : EvictionAnswer;

    /// <summary>Not now; clients ask again, after so long where it says so.</summary>
    internal sealed record NotNow(string Why, int? RetryAfterSeconds) : EvictionAnswer;

    /// <summary>The budget's own status forbids it.</summary>
    internal sealed record Forbidden(PodDisruptionBudget Budget, string Why) : EvictionAnswer;

    internal sealed record TooManyBudgets : EvictionAnswer;
}

/// <summary>Kubernetes' rules of the eviction subresource. Pure.</summary>
internal static class EvictionPlan
{
    /// <summary>Kubernetes' bound of a budget's granted evictions.</summary>
    private const int DisruptedMax = 2000;

    private const int RetryAfterSeconds = 10;

    /// <param name="pod">The pod to go.</param>
    /// <param name="budgets">The budgets of its namespace.</param>
    /// <param name="now">The time.</param>
    public static EvictionAnswer Decide(Pod pod, IEnumerable<PodDisruptionBudget> budgets, DateTimeOffset now)
    {
        if (pod.Metadata.DeletionTimestamp is not null || pod.Status?.Phase is "Succeeded" or "Failed" or "Pending")
        {
            return new EvictionAnswer.Free();
        }

        PodDisruptionBudget? budget = null;
        foreach (var candidate in budgets)
        {
            if (pod.Metadata.Labels is { Count: > 0 } labels && candidate.Spec.Selector?.Matches(labels) == true)
            {
                if (budget is not null)
                {
                    return new EvictionAnswer.TooManyBudgets();
                }

                budget = candidate;
            }
        }

        return budget is null || (!IsReady(pod) && MayGoUnready(budget))
            ? new EvictionAnswer.Free()
            : Ask(budget, pod.Metadata.Name ?? "", now);
    }

    private static bool IsReady(Pod pod) =>
        pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status == "True";

    /// <summary>By default only while the budget has what it wants, so that an application can heal.</summary>
    private static bool MayGoUnready(PodDisruptionBudget budget) =>
        budget.Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow"
        || budget.Status is { DesiredHealthy: > 0 } status && status.CurrentHealthy >= status.DesiredHealthy;

    private static EvictionAnswer Ask(PodDisruptionBudget budget, string pod, DateTimeOffset now)
    {
        var name = budget.Metadata.Name;
        var status = budget.Status ?? new PodDisruptionBudgetStatus();
        if ((status.ObservedGeneration ?? 0) < (budget.Metadata.Generation ?? 0))
        {
            return new EvictionAnswer.NotNow(
                $"The disruption budget {name} is still being processed by the server.", RetryAfterSeconds);
        }

        if (status.DisruptionsAllowed < 0)
        {
            return new EvictionAnswer.Forbidden(budget, "pdb disruptions allowed is negative");
        }

        if (status.DisruptedPods?.Count > DisruptedMax)
        {
            return new EvictionAnswer.Forbidden(
                budget, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
        }

        if (status.DisruptionsAllowed == 0)
        {
            var failed = status.Conditions?.FirstOrDefault(
                condition => condition is { Type: Budgets.AllowedCondition, Reason: "SyncFailed" });
            return new EvictionAnswer.NotNow(
                failed is null
                    ? $"The disruption budget {name} needs {status.DesiredHealthy} healthy pods and has "
                        + $"{status.CurrentHealthy} currently"
                    : $"The disruption budget {name} does not allow evicting pods currently because it failed sync: "
                        + failed.Message,
                null);
        }

        var disrupted = (status.DisruptedPods ?? new Dictionary<string, DateTimeOffset>()).ToDictionary();
        disrupted[pod] = now;
        var left = status with
        {
            DisruptionsAllowed = status.DisruptionsAllowed - 1, DisruptedPods = disrupted,
        };
        return new EvictionAnswer.Granted(
            budget, left.DisruptionsAllowed == 0 ? Budgets.WithCondition(left, null, now) : left);
    }
}
