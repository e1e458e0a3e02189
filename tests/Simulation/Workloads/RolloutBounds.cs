using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Simulation.Workloads;

/// <summary>
/// What a rolling update may do, looked at from outside, from one moment to the next: it makes no pod beyond maxSurge,
/// and takes none that serves below maxUnavailable; of nodes within reach, because nothing is known of others.
/// </summary>
internal sealed class RolloutBounds
{
    private Dictionary<string, Pod> _before = [];
    private readonly Dictionary<string, long?> _judged = [];
    private HashSet<string> _absent = [];
    private long _at = -1;

    /// <summary>The next look has nothing to compare with.</summary>
    public void Forget()
    {
        (_before, _at) = ([], -1);
        _judged.Clear();
    }

    public void Check(Objects objects)
    {
        if (objects.Store.Revision == _at)
        {
            return;
        }

        var first = _at < 0;
        _at = objects.Store.Revision;
        var absent = objects.List(Resources.Nodes)
            .Where(node => node.Status?.Conditions?.Any(condition =>
                condition is { Type: "Ready", Status: not "Unknown" }) != true)
            .Select(node => node.Metadata.Name!).ToHashSet();
        if (!absent.SetEquals(_absent))
        {
            // A node that comes back brings what nobody could count on; one that goes takes what was counted on.
            _judged.Clear();
            _absent = absent;
        }

        var pods = objects.List(Resources.Pods).ToDictionary(pod => pod.Metadata.Uid!);
        var owners = objects.List(Resources.ReplicaSets).ToDictionary(set => set.Metadata.Uid!);
        foreach (var deployment in objects.List(Resources.Deployments))
        {
            var uid = deployment.Metadata.Uid!;
            var own = pods.Values.Where(pod => DeploymentOf(pod, owners) == uid).ToList();
            if (!first && _judged.GetValueOrDefault(uid) == deployment.Metadata.Generation)
            {
                var old = _before.Values.Where(pod => DeploymentOf(pod, owners) == uid).ToList();
                Check(deployment, old, own, absent);
            }
            else if (HasCarriedOut(deployment, own, owners))
            {
                _judged[uid] = deployment.Metadata.Generation;
            }
        }

        _before = pods;
    }

    /// <summary>
    /// What was decided under an earlier spec, or while other nodes were within reach, has been done: a pod that was to
    /// go then may still go when more are wanted.
    /// </summary>
    private static bool HasCarriedOut(Deployment deployment, List<Pod> own, Dictionary<string, ReplicaSet> owners) =>
        deployment.Status?.ObservedGeneration == deployment.Metadata.Generation
        && own.Where(IsActive).GroupBy(pod => Owners.ControllerOf(pod.Metadata)!.Uid)
            .All(pods => pods.Count() <= owners[pods.Key].Spec.Replicas);

    private static void Check(Deployment deployment, List<Pod> before, List<Pod> pods, HashSet<string> absent)
    {
        var name = deployment.Metadata.Name;
        var rolling = deployment.Spec.Strategy!.RollingUpdate!;
        var replicas = deployment.Spec.Replicas!.Value;
        var surge = Percent.Of(rolling.MaxSurge, replicas, roundUp: true);
        var unavailable = Math.Min(Percent.Of(rolling.MaxUnavailable, replicas, roundUp: false), replicas);
        unavailable = surge == 0 && unavailable == 0 ? 1 : unavailable;
        bool There(Pod pod) => string.IsNullOrEmpty(pod.Spec.NodeName) || !absent.Contains(pod.Spec.NodeName);
        var active = pods.Count(pod => IsActive(pod) && There(pod));
        var made = pods.Count(pod => before.TrueForAll(old => old.Metadata.Uid != pod.Metadata.Uid));
        // More may be left of a larger size; but none is made beyond the bound.
        Assert.True(
            made == 0 || active <= replicas + surge
            || before.Count(pod => IsActive(pod) && There(pod)) > replicas + surge,
            $"{name}: {active} pods of {replicas} + {surge} after {made} were made");

        var available = pods.Count(pod => IsActive(pod) && There(pod) && IsReady(pod));
        var away = pods.Count(pod => IsActive(pod) && !There(pod));
        // What its node's taints took is no rollout's doing.
        var taken = pods.Count(pod => pod.Metadata.DeletionTimestamp is not null && There(pod) && !IsEvicted(pod)
            && before.Find(old => old.Metadata.Uid == pod.Metadata.Uid) is { } old && IsActive(old) && IsReady(old));
        var lost = before.Exists(old => IsReady(old)
            && pods.Find(pod => pod.Metadata.Uid == old.Metadata.Uid) is { } now && !IsReady(now));
        // Below the bound already, a set still shrinks to the size that it was given for its pods that did not serve.
        var served = before.Count(pod => IsActive(pod) && There(pod) && IsReady(pod));
        Assert.True(
            taken == 0 || lost || available >= replicas - unavailable - away
            || served < replicas - unavailable - away,
            $"{name}: {available} available of {replicas} - {unavailable}, {away} away, after {taken} were taken");
    }

    private static string? DeploymentOf(Pod pod, Dictionary<string, ReplicaSet> owners) =>
        Owners.ControllerOf(pod.Metadata) is { } owner && owners.TryGetValue(owner.Uid, out var set)
            ? Owners.ControllerOf(set.Metadata)?.Uid
            : null;

    private static bool IsActive(Pod pod) =>
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Succeeded" or "Failed");

    private static bool IsEvicted(Pod pod) =>
        pod.Status?.Conditions?.Any(condition => condition is { Type: "DisruptionTarget", Status: "True" }) == true;

    private static bool IsReady(Pod pod) =>
        pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
}
