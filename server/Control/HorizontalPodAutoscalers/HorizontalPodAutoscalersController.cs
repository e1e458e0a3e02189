using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>
/// Scales workloads by what their pods use (autoscaling/v2). Looks every <see cref="Interval"/> while there is an
/// autoscaler, and asks only the nodes of its pods, all at once.
/// </summary>
/// <param name="objects">Holds the autoscalers.</param>
/// <param name="targets">What they scale.</param>
/// <param name="usageOf">Asks a node what it uses; null where it does not say.</param>
/// <param name="events">Tells what was done.</param>
/// <param name="time">Measures the interval and the windows.</param>
/// <param name="log">Tells of changes.</param>
internal sealed class HorizontalPodAutoscalersController(
    Objects objects, ScaleTargets targets, Func<string, CancellationToken, Task<NodeUsage?>> usageOf,
    EventRecorder events, TimeProvider time, ILogger<HorizontalPodAutoscalersController> log) : IController
{
    /// <summary>Upstream's horizontal-pod-autoscaler-sync-period.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>However often an autoscaler is changed: bounds what is remembered of it to an entry a second.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private const string Component = "horizontal-pod-autoscaler";

    private static readonly ResourceKind<HorizontalPodAutoscaler> s_kind = Resources.HorizontalPodAutoscalers;

    private readonly ConcurrentDictionary<string, Look> _looks = new();

    public string Name => "horizontalpodautoscalers";

    public IReadOnlyList<WatchSource> Sources
    {
        get
        {
            // What is remembered of an autoscaler whose deletion nobody saw is forgotten too.
            var own = WatchSource.Own(s_kind.Prefix());
            return [own with { KeysOfDeleted = () => _looks.Keys }];
        }
    }

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (Read(key) is not { } state)
        {
            _looks.TryRemove(key, out _);
            return null;
        }

        var meta = state.Autoscaler.Metadata;
        var last = _looks.GetValueOrDefault(key) is { } known && known.Uid == meta.Uid ? known : null;
        if (last is not null && Wait(last, meta) is var wait && wait > TimeSpan.Zero)
        {
            return wait;
        }

        if (state.NeedsUsage)
        {
            state = state.With(await Task.WhenAll(NodesOf(state).Select(node => usageOf(node, ct))));
        }

        var plan = AutoscalerPlan.Of(state, last?.Memory, time.GetUtcNow());
        if (plan.Rescale is { } replicas && !await Scale(key, state, replicas, ct))
        {
            // Somebody else was faster: what they made of it is to be judged, not what was there before.
            return Pause;
        }

        var revision = await WriteStatus(meta, plan.Status, ct);
        _looks[key] = new Look(meta.Uid, revision, time.GetTimestamp(), plan.Memory);
        foreach (var note in plan.Notes)
        {
            var told = new EventNote(EventNote.Of(s_kind, meta), note.Type, note.Reason, note.Message);
            await events.Record(told, Component, host: null, times: 1, ct);
        }

        return Interval;
    }

    /// <summary>Null when the autoscaler is gone or on its way out. What the pods use is not in it.</summary>
    internal AutoscalerState? Read(string key)
    {
        var (ns, name) = ControllerKey.Split(key);
        if (objects.Get(s_kind, ns, name) is not { Metadata.DeletionTimestamp: null } autoscaler)
        {
            return null;
        }

        var target = targets.Read(ns, autoscaler.Spec.ScaleTargetRef);
        var pods = target is ScaleTarget.Found found ? targets.PodsOf(found) : [];
        return new AutoscalerState(autoscaler, target, pods, RivalsOf(ns, autoscaler.Spec.ScaleTargetRef));
    }

    /// <summary>
    /// How long until it is due: its own status that comes back is no reason to look, a change by somebody else is.
    /// </summary>
    private TimeSpan Wait(Look last, ObjectMeta meta) =>
        (meta.ResourceVersion == last.Revision ? Interval : Pause) - time.GetElapsedTime(last.At);

    private static IEnumerable<string> NodesOf(AutoscalerState state) =>
        state.Pods.Select(pod => pod.Spec.NodeName ?? "").Where(node => node.Length > 0).Distinct();

    private List<string> RivalsOf(string ns, CrossVersionObjectReference target) =>
    [
        .. objects.List(s_kind, ns).Where(other => IsSame(other.Spec.ScaleTargetRef, target))
            .Select(other => $"{ns}/{other.Metadata.Name}").Order(StringComparer.Ordinal),
    ];

    private static bool IsSame(CrossVersionObjectReference one, CrossVersionObjectReference other) =>
        one.Kind == other.Kind && one.Name == other.Name
        && ScaleTargets.GroupOf(one.ApiVersion) == ScaleTargets.GroupOf(other.ApiVersion);

    private async Task<bool> Scale(string key, AutoscalerState state, int replicas, CancellationToken ct)
    {
        var meta = state.Autoscaler.Metadata;
        var target = (ScaleTarget.Found)state.Target;
        var done = await targets.Scale(
            meta.Namespace ?? "", state.Autoscaler.Spec.ScaleTargetRef.Name, target, replicas, time.GetUtcNow(), ct);
        if (done)
        {
            log.Rescaled(key, target.Replicas, replicas);
        }

        return done;
    }

    /// <summary>The revision that the autoscaler has then; null when somebody else has changed it meanwhile.</summary>
    private async Task<string?> WriteStatus(
        ObjectMeta meta, HorizontalPodAutoscalerStatus status, CancellationToken ct)
    {
        var seen = meta.ResourceVersion;
        var outcome = await objects.Update(s_kind, meta.Namespace, meta.Name!, tree =>
        {
            var now = tree["metadata"]?["resourceVersion"]?.GetValue<string>();
            seen = now == meta.ResourceVersion ? seen : null;
            if (tree["metadata"]?["uid"]?.GetValue<string>() != meta.Uid)
            {
                return null;
            }

            tree["status"] = JsonSerializer.SerializeToNode(
                status, WorkloadJson.Default.HorizontalPodAutoscalerStatus);
            return tree;
        }, ct);
        return seen is null ? null
            : outcome is UpdateOutcome.Updated updated ? updated.Revision.ToString(CultureInfo.InvariantCulture)
            : seen;
    }

    /// <summary>When an autoscaler was looked at last, and as what it was left.</summary>
    private sealed record Look(string? Uid, string? Revision, long At, AutoscalerMemory? Memory);
}
