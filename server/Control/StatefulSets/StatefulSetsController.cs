using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.StatefulSets;

/// <summary>Keeps the numbered pods of a StatefulSet and their claims, and rolls its template out (apps/v1).</summary>
internal sealed class StatefulSetsController(
    Objects objects, PodIndex pods, OwnedIndex<ControllerRevision> revisions, NodeReach nodes, PodWriter writer,
    TimeProvider time, ILogger<StatefulSetsController> log) : IController
{
    private static readonly ResourceKind<StatefulSet> s_kind = Resources.StatefulSets;

    private readonly RevisionReader _history = new(revisions);
    private readonly RevisionWriter _revisions =
        new(objects, revisions, hashLabel: "controller.kubernetes.io/hash", time);

    private readonly StatefulSetWriter _writer = new(objects, writer, time);

    public string Name => "statefulsets";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        revisions.Source(KeysOf, AllKeys),
        pods.Source(KeysOf, AllKeys),
        nodes.Source(pods, KeysOf),
        new WatchSource(Resources.PersistentVolumeClaims.Prefix(), KeysOfClaim, AllKeys),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (Read(key) is not { } state)
        {
            return null;
        }

        var meta = state.Set.Metadata;
        var plan = StatefulSetPlan.Of(state, time.GetUtcNow());
        foreach (var step in plan.History)
        {
            log.Remembered(key, step);
            if (!await _revisions.Do(s_kind, meta, state.History, step, ct))
            {
                // The name is another's: the next look, for the status has changed, takes the next one.
                await WriteStatus(
                    meta, plan.Status with { CollisionCount = (plan.Status.CollisionCount ?? 0) + 1 }, ct);
                return null;
            }
        }

        foreach (var step in plan.Steps)
        {
            log.Steps(key, step);
        }

        var refusal = await _writer.Do(state, plan, ct);
        // Counted again after the writes, so that the status never tells of pods that are not there.
        if (Read(key) is { } after && after.Set.Metadata.Uid == meta.Uid)
        {
            await WriteStatus(meta, StatefulSetPlan.Of(after, time.GetUtcNow()).Status, ct);
        }

        return refusal is null ? plan.CheckAgain : throw new InvalidOperationException(refusal);
    }

    /// <summary>Null when the set is gone.</summary>
    internal StatefulSetState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } set)
        {
            return null;
        }

        var (meta, spec) = (set.Metadata, set.Spec);
        var owned = pods.OwnedBy(meta.Uid!);
        var unowned = pods.Unowned(ns).Where(pod => Ordinals.Of(meta, pod.Name) is not null).ToList();
        return new StatefulSetState(
            set, _history.Read(meta, spec.Selector, spec.Template, set.Status?.CollisionCount ?? 0), owned, unowned,
            owned.Concat(unowned).Where(nodes.IsAbsent).Select(pod => pod.NodeName).ToHashSet(),
            ClaimsOf(set, owned.Concat(unowned)));
    }

    private Dictionary<string, PersistentVolumeClaim> ClaimsOf(StatefulSet set, IEnumerable<PodView> known)
    {
        var found = new Dictionary<string, PersistentVolumeClaim>();
        if (set.Spec.VolumeClaimTemplates is not { Count: > 0 })
        {
            return found;
        }

        var ordinals = Enumerable.Range(set.Spec.Ordinals?.Start ?? 0, StatefulSetState.ReplicasOf(set))
            .Concat(known.Select(pod => Ordinals.Of(set.Metadata, pod.Name)).OfType<int>()).Distinct();
        foreach (var claim in ordinals.SelectMany(ordinal => VolumeClaims.Of(set, ordinal)))
        {
            if (objects.Get(Resources.PersistentVolumeClaims, set.Metadata.Namespace, claim.Name) is { } stored)
            {
                found[claim.Name] = stored;
            }
        }

        return found;
    }

    private Task<UpdateOutcome> WriteStatus(ObjectMeta meta, StatefulSetStatus status, CancellationToken ct) =>
        objects.UpdateStatus(
            s_kind, meta, JsonSerializer.SerializeToNode(status, WorkloadJson.Default.StatefulSetStatus)!, ct);

    private IEnumerable<string> KeysOf(PodView pod) => pod.Controller switch
    {
        { Kind: "StatefulSet" } owner => [$"{pod.Namespace}/{owner.Name}"],
        null when pod.IsActive && Ordinals.Split(pod.Name) is var (set, _) && IsThere(pod.Namespace, set) =>
            [$"{pod.Namespace}/{set}"],
        _ => [],
    };

    private IEnumerable<string> KeysOf(OwnedView revision) => revision.Controller switch
    {
        { Kind: "StatefulSet" } owner => [$"{revision.Namespace}/{owner.Name}"],
        null => objects.List(s_kind, revision.Namespace).Select(set => $"{revision.Namespace}/{set.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> KeysOfClaim(StoredObject claim)
    {
        var (ns, name) = ControllerKey.Split(claim.Key[Resources.PersistentVolumeClaims.Prefix().Length..]);
        return VolumeClaims.SetsOf(name).Where(set => IsThere(ns, set)).Select(set => $"{ns}/{set}");
    }

    private bool IsThere(string ns, string set) => objects.Store.Get(s_kind.KeyOf(ns, set)) is not null;

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
