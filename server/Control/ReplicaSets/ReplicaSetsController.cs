using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.ReplicaSets;

/// <summary>Keeps as many pods of a ReplicaSet as it asks for (apps/v1).</summary>
internal sealed class ReplicaSetsController(
    Objects objects, PodIndex pods, OwnedIndex<ReplicaSet> sets, NodeReach nodes, PodWriter writer, TimeProvider time,
    ILogger<ReplicaSetsController> log) : IController
{
    private const string Component = "replicaset-controller";

    private static readonly ResourceKind<ReplicaSet> s_kind = Resources.ReplicaSets;

    public string Name => "replicasets";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        pods.Source(KeysOf, AllKeys),
        nodes.Source(pods, KeysOf),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (Read(key) is not { } state)
        {
            return null;
        }

        var meta = state.Set.Metadata;
        var plan = ReplicaSetPlan.Of(state, time.GetUtcNow());
        await writer.Claim(s_kind, meta, plan.Claims, ct);
        var refusal = plan.Create == 0
            ? null
            : (await writer.Create(s_kind, meta, state.Set.Spec.Template, plan.Create, Component, ct)).Refusal;
        await writer.Delete(s_kind, meta, plan.Delete, Component, ct);
        if (plan.Create + plan.Delete.Count > 0)
        {
            log.Scaled(key, plan.Create, plan.Delete.Count);
        }

        await WriteStatus(state, refusal, ct);
        return refusal is null ? plan.CheckAgain : throw new InvalidOperationException(refusal);
    }

    /// <summary>Null when the set is gone.</summary>
    internal ReplicaSetState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } set)
        {
            return null;
        }

        var owned = pods.OwnedBy(set.Metadata.Uid!);
        var absent = owned.Where(nodes.IsAbsent).Select(pod => pod.NodeName).ToHashSet();
        return new ReplicaSetState(set, owned, pods.Unowned(ns), absent, Related(set, owned));
    }

    /// <summary>Only what is to shrink needs to know where its siblings are.</summary>
    private Dictionary<string, int> Related(ReplicaSet set, IReadOnlyList<PodView> owned)
    {
        var counts = new Dictionary<string, int>();
        if (owned.Count(pod => pod.IsActive) <= (set.Spec.Replicas ?? 1))
        {
            return counts;
        }

        var siblings = Owners.ControllerOf(set.Metadata) is { } owner ? sets.OwnedBy(owner.Uid) : [set];
        foreach (var pod in siblings.SelectMany(sibling => pods.OwnedBy(sibling.Metadata.Uid!)))
        {
            if (pod.IsActive && pod.NodeName.Length > 0)
            {
                counts[pod.NodeName] = counts.GetValueOrDefault(pod.NodeName) + 1;
            }
        }

        return counts;
    }

    /// <summary>Counted again after the writes, so that the status never tells of pods that are not there.</summary>
    private async Task WriteStatus(ReplicaSetState before, string? refusal, CancellationToken ct)
    {
        var meta = before.Set.Metadata;
        if (Read($"{meta.Namespace}/{meta.Name}") is not { } state || state.Set.Metadata.Uid != meta.Uid)
        {
            return;
        }

        var now = time.GetUtcNow();
        var status = ReplicaSetPlan.Of(state, now).Status;
        status = status with
        {
            Conditions = ReplicaFailure.Apply(status.Conditions, "FailedCreate", refusal, now),
        };
        await objects.UpdateStatus(
            s_kind, meta, JsonSerializer.SerializeToNode(status, WorkloadJson.Default.ReplicaSetStatus)!, ct);
    }

    private IEnumerable<string> KeysOf(PodView pod) => pod.Controller switch
    {
        { Kind: "ReplicaSet" } owner => [$"{pod.Namespace}/{owner.Name}"],
        null when pod.IsActive => objects.List(s_kind, pod.Namespace)
            .Where(set => set.Spec.Selector?.Matches(pod.Labels) == true)
            .Select(set => $"{pod.Namespace}/{set.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
