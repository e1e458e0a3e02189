using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.DaemonSets;

/// <summary>Keeps one pod on each node that a DaemonSet is meant for, and rolls its template out (apps/v1).</summary>
internal sealed class DaemonSetsController(
    Objects objects, PodIndex pods, OwnedIndex<ControllerRevision> revisions, NodeIndex nodes, PodWriter writer,
    TimeProvider time, ILogger<DaemonSetsController> log) : IController
{
    private const string Component = "daemonset-controller";

    private static readonly ResourceKind<DaemonSet> s_kind = Resources.DaemonSets;

    private readonly RevisionReader _history = new(revisions);
    private readonly RevisionWriter _revisions = new(objects, revisions, TemplateRevision.Label, time);
    private readonly FailedPods _failed = new(time);

    public string Name => "daemonsets";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(s_kind.Prefix()),
        revisions.Source(KeysOf, AllKeys),
        pods.Source(KeysOf, AllKeys),
        nodes.Source(AllKeys),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (Read(key) is not { } state)
        {
            return null;
        }

        var meta = state.Set.Metadata;
        var plan = DaemonSetPlan.Of(state, time.GetUtcNow());
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

        await writer.Claim(s_kind, meta, plan.Claims, ct);
        var refusal = await Write(key, state, plan, ct);
        // Counted again after the writes, so that the status never tells of pods that are not there.
        if (Read(key) is { } after && after.Set.Metadata.Uid == meta.Uid)
        {
            await WriteStatus(meta, DaemonSetPlan.Of(after, time.GetUtcNow()).Status, ct);
        }

        return refusal is null ? plan.CheckAgain : throw new InvalidOperationException(refusal);
    }

    /// <summary>Null when the set is gone.</summary>
    internal DaemonSetState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { } set)
        {
            return null;
        }

        var (meta, spec) = (set.Metadata, set.Spec);
        var owned = pods.OwnedBy(meta.Uid!);
        var resting = new Dictionary<string, TimeSpan>();
        foreach (var pod in owned)
        {
            if (pod is { Phase: "Failed", TargetNode: { } node } && _failed.Rest(meta.Uid!, node) is { } rest)
            {
                resting[node] = rest;
            }
        }

        return new DaemonSetState(
            set, _history.Read(meta, spec.Selector, spec.Template, set.Status?.CollisionCount ?? 0), owned,
            pods.Unowned(ns), nodes.List(), resting);
    }

    /// <summary>Null when it is done, otherwise why pods could not be made.</summary>
    private async Task<string?> Write(string key, DaemonSetState state, DaemonSetPlan plan, CancellationToken ct)
    {
        var meta = state.Set.Metadata;
        if (plan.Create.Count + plan.Delete.Count > 0)
        {
            log.Changed(key, plan.Create.Count, plan.Delete.Count);
        }

        foreach (var (pod, why) in plan.Delete)
        {
            switch (why)
            {
                case Doom.Failed:
                    _failed.Add(meta.Uid!, pod.TargetNode!);
                    await writer.Tell(
                        s_kind, meta, EventNote.Warning, "FailedDaemonPod",
                        $"Found failed daemon pod {pod.Namespace}/{pod.Name} on node {pod.TargetNode}, "
                        + "will try to kill it", Component, ct);
                    break;
                case Doom.Succeeded:
                    await writer.Tell(
                        s_kind, meta, EventNote.Normal, "SucceededDaemonPod",
                        $"Found succeeded daemon pod {pod.Namespace}/{pod.Name} on node {pod.TargetNode}, "
                        + "will try to delete it", Component, ct);
                    break;
            }
        }

        var refusal = plan.Create.Count == 0
            ? null
            : (await writer.Create(
                s_kind, meta, [.. plan.Create.Select(node => DaemonPod.Draft(state, node))], Component, ct)).Refusal;
        await writer.Delete(s_kind, meta, plan.Delete.Select(doomed => doomed.Pod), Component, ct);
        return refusal;
    }

    private Task<UpdateOutcome> WriteStatus(ObjectMeta meta, DaemonSetStatus status, CancellationToken ct) =>
        objects.UpdateStatus(
            s_kind, meta, JsonSerializer.SerializeToNode(status, WorkloadJson.Default.DaemonSetStatus)!, ct);

    private IEnumerable<string> KeysOf(PodView pod) => pod.Controller switch
    {
        { Kind: "DaemonSet" } owner => [$"{pod.Namespace}/{owner.Name}"],
        null when pod.IsActive => objects.List(s_kind, pod.Namespace)
            .Where(set => set.Spec.Selector?.Matches(pod.Labels) == true)
            .Select(set => $"{pod.Namespace}/{set.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> KeysOf(OwnedView revision) => revision.Controller switch
    {
        { Kind: "DaemonSet" } owner => [$"{revision.Namespace}/{owner.Name}"],
        null => objects.List(s_kind, revision.Namespace).Select(set => $"{revision.Namespace}/{set.Metadata.Name}"),
        _ => [],
    };

    private IEnumerable<string> AllKeys() => ControllerKey.All(objects.Store, s_kind);
}
