using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Control.Disruption;

/// <summary>What a budget needs to know of a pod that it selects.</summary>
/// <param name="Name">Its name; the namespace is the budget's.</param>
/// <param name="Labels">By which budgets select it.</param>
/// <param name="Node">Where it is, or null.</param>
/// <param name="Ready">Its Ready condition is true.</param>
/// <param name="Deleted">It is being deleted.</param>
/// <param name="Controller">The object that manages it, or null.</param>
internal sealed record BudgetPod(
    string Name, IReadOnlyDictionary<string, string>? Labels, string? Node, bool Ready, bool Deleted,
    OwnerReference? Controller);

/// <summary>What a budget's status should be.</summary>
/// <param name="Status">The new status.</param>
/// <param name="Again">When to look again without an event, or null.</param>
/// <param name="Failure">Why nothing could be counted, or null.</param>
/// <param name="Unmanaged">Pods without a controller, which a budget of this form cannot count.</param>
/// <param name="NotDeleted">Pods whose eviction was granted and that did not go.</param>
internal sealed record DisruptionDecision(
    PodDisruptionBudgetStatus Status, TimeSpan? Again, string? Failure, bool Unmanaged,
    IReadOnlyList<string> NotDeleted);

/// <summary>How many pods of a budget may be evicted now (Kubernetes' disruption controller). Pure.</summary>
internal static class DisruptionPlan
{
    /// <param name="budget">The budget as stored.</param>
    /// <param name="pods">The pods it selects.</param>
    /// <param name="isAway">Whether nothing is known of a node: its pods do not count as healthy.</param>
    /// <param name="scaleOf">The scale behind a pod's controller.</param>
    /// <param name="now">The time.</param>
    public static DisruptionDecision Decide(
        PodDisruptionBudget budget, IReadOnlyList<BudgetPod> pods, Func<string, bool> isAway,
        Func<OwnerReference, OwnerScale> scaleOf, DateTimeOffset now)
    {
        var before = budget.Status ?? new PodDisruptionBudgetStatus();
        var count = Expect(budget.Spec, pods, scaleOf);
        if (count.Failure is { } failure)
        {
            // Kubernetes' fail-safe: what cannot be counted may not be evicted; the rest stays as it was.
            var halted = Budgets.WithCondition(before with { DisruptionsAllowed = 0 }, failure, now);
            return new DisruptionDecision(halted, TimeSpan.FromMinutes(1), failure, false, []);
        }

        var (disrupted, again, overdue) = Disrupted(before, pods, now);
        var healthy = pods.Count(pod => pod is { Deleted: false, Ready: true } && !disrupted.ContainsKey(pod.Name)
            && (pod.Node is null || !isAway(pod.Node)));
        var allowed = count.Expected > 0 ? Math.Max(0, healthy - count.Desired) : 0;
        var status = before with
        {
            ObservedGeneration = budget.Metadata.Generation,
            DisruptedPods = disrupted.Count > 0 ? disrupted : null,
            DisruptionsAllowed = allowed,
            CurrentHealthy = healthy,
            DesiredHealthy = count.Desired,
            ExpectedPods = count.Expected,
        };
        return new DisruptionDecision(
            Budgets.WithCondition(status, null, now), again, null, count.Unmanaged, overdue);
    }

    private static Counted Expect(
        PodDisruptionBudgetSpec spec, IReadOnlyList<BudgetPod> pods, Func<OwnerReference, OwnerScale> scaleOf)
    {
        if (spec.MaxUnavailable is null && spec.MinAvailable is { IsName: false } least)
        {
            // A plain number needs no scale, and so it may be about pods that nobody manages.
            return new Counted(pods.Count, least.Number, false, null);
        }

        if ((spec.MaxUnavailable ?? spec.MinAvailable) is not { } bound)
        {
            return new Counted(0, 0, false, null);
        }

        var (expected, unmanaged, failure) = Scale(pods, scaleOf);
        if (failure is not null)
        {
            return new Counted(0, 0, false, failure);
        }

        var scaled = Scaled(bound, expected);
        return new Counted(
            expected, spec.MaxUnavailable is null ? scaled : Math.Max(0, expected - scaled), unmanaged, null);
    }

    /// <summary>The replicas of all the controllers together, each counted once.</summary>
    private static (int Expected, bool Unmanaged, string? Failure) Scale(
        IReadOnlyList<BudgetPod> pods, Func<OwnerReference, OwnerScale> scaleOf)
    {
        var seen = new HashSet<string>();
        var replicas = new Dictionary<string, int>();
        var unmanaged = false;
        foreach (var pod in pods)
        {
            if (pod.Controller is not { } controller)
            {
                unmanaged = true;
                continue;
            }

            if (!seen.Add(controller.Uid))
            {
                continue;
            }

            switch (scaleOf(controller))
            {
                case OwnerScale.Found found:
                    replicas[found.Uid] = found.Replicas;
                    break;
                case OwnerScale.Unscalable other:
                    return (0, false, other.Why);
                default:
                    return (0, false, $"found no controllers for pod \"{pod.Name}\"");
            }
        }

        return (replicas.Values.Sum(), unmanaged, null);
    }

    /// <summary>A percentage rounds up, both for what must be there and for what may be away.</summary>
    private static int Scaled(IntOrString bound, int total) =>
        bound.Name is not { } percent ? bound.Number
        : int.TryParse(percent.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? (int)Math.Ceiling(value * (double)total / 100)
        : 0;

    /// <summary>
    /// The granted evictions that still count: of pods that are there and not yet deleted, for the timeout.
    /// </summary>
    private static (Dictionary<string, DateTimeOffset> Kept, TimeSpan? Again, List<string> Overdue) Disrupted(
        PodDisruptionBudgetStatus before, IReadOnlyList<BudgetPod> pods, DateTimeOffset now)
    {
        var kept = new Dictionary<string, DateTimeOffset>();
        var overdue = new List<string>();
        TimeSpan? again = null;
        if (before.DisruptedPods is not { Count: > 0 } disrupted)
        {
            return (kept, null, overdue);
        }

        foreach (var pod in pods)
        {
            if (pod.Deleted || !disrupted.TryGetValue(pod.Name, out var granted))
            {
                continue;
            }

            var rest = granted + Budgets.DeletionTimeout - now;
            if (rest <= TimeSpan.Zero)
            {
                overdue.Add(pod.Name);
                continue;
            }

            kept[pod.Name] = granted;
            again = again is null || rest < again ? rest : again;
        }

        return (kept, again, overdue);
    }

    private sealed record Counted(int Expected, int Desired, bool Unmanaged, string? Failure);
}
