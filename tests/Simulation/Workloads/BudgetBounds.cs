using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// Evictions, each judged at the moment it was granted: a pod that serves goes only if its budget has enough left
/// without it. Counted here from the budget's spec and the pods, not from its status.
/// </summary>
internal sealed class BudgetBounds(SimTruth truth)
{
    /// <summary>How many evictions of serving pods a budget granted, and how many it refused.</summary>
    public int Granted { get; private set; }

    public int Refused { get; private set; }

    /// <summary>
    /// Asks for the pod's eviction. The server must be at rest: what it does not know yet, its budgets do not either.
    /// </summary>
    public async Task Evict(SimApi api, Pod pod)
    {
        var objects = api.Objects;
        var serves = Serves(objects, pod);
        var desired = DesiredFor(objects, pod);
        if (!await api.Evict(pod))
        {
            Refused += desired is null ? 0 : 1;
            return;
        }

        truth.Disrupted(pod.Metadata.Uid!);
        if (serves && desired is { } least)
        {
            Granted++;
            var left = OfApp(objects, pod).Count(other => Serves(objects, other));
            Assert.True(
                left >= least, $"{pod.Metadata.Name} was evicted: {left} serve of {least} that must");
        }
    }

    /// <summary>How many must serve; null where no budget says so, or not all are of one workload.</summary>
    private static int? DesiredFor(Objects objects, Pod pod)
    {
        var budget = objects.List(Resources.PodDisruptionBudgets).FirstOrDefault(candidate =>
            candidate.Spec.Selector!.Matches(pod.Metadata.Labels ?? new Dictionary<string, string>()));
        if (budget is null || ReplicasFor(objects, pod) is not { } replicas)
        {
            return null;
        }

        return budget.Spec.MinAvailable is { } least
            ? Percent.Of(least, replicas, roundUp: true)
            : Math.Max(0, replicas - Percent.Of(budget.Spec.MaxUnavailable, replicas, roundUp: true));
    }

    private static int? ReplicasFor(Objects objects, Pod pod)
    {
        var app = AppOf(pod)!;
        var (uid, replicas) =
            objects.Get(Resources.Deployments, "default", app) is { } deployment
                ? (deployment.Metadata.Uid, deployment.Spec.Replicas)
            : objects.Get(Resources.StatefulSets, "default", app) is { } set
                ? (set.Metadata.Uid, set.Spec.Replicas)
            : (null, null);
        bool IsOwn(Pod other) => Owners.ControllerOf(other.Metadata) is { } owner
            && (owner.Uid == uid || (objects.Get(Resources.ReplicaSets, "default", owner.Name) is { } between
                && between.Metadata.Uid == owner.Uid && Owners.ControllerOf(between.Metadata)?.Uid == uid));
        return uid is not null && OfApp(objects, pod).All(IsOwn) ? replicas : null;
    }

    private static IEnumerable<Pod> OfApp(Objects objects, Pod pod) =>
        objects.List(Resources.Pods).Where(other => AppOf(other) == AppOf(pod));

    private static string? AppOf(Pod pod) => pod.Metadata.Labels?.GetValueOrDefault("app");

    private static bool Serves(Objects objects, Pod pod) =>
        pod.Metadata.DeletionTimestamp is null
        && pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true
        && objects.Get(Resources.Nodes, null, pod.Spec.NodeName ?? "") is { } node && NodeReach.IsThere(node);
}
