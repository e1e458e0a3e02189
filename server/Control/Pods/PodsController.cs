using System.Collections.Concurrent;
using System.Text;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Pods;

/// <summary>
/// Takes out pods whose node is gone or out of service, pods that were deleted before they had one, and the oldest of
/// too many ended ones.
/// </summary>
/// <param name="objects">The store.</param>
/// <param name="endedMax">Ended pods that are kept; 0 for all.</param>
/// <param name="time">Counts the quarantine.</param>
/// <param name="log">Tells what was removed.</param>
internal sealed class PodsController(Objects objects, int endedMax, TimeProvider time, ILogger<PodsController> log)
    : IController
{
    /// <summary>The key of the ended pods together; no pod's, which has a slash inside.</summary>
    public const string EndedKey = "ended";

    /// <summary>How long a node must be absent before its pods go (Kubernetes' quarantine).</summary>
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    /// <summary>Ended pods deleted at once, so that they share a commit of the store.</summary>
    private const int EndedAtOnce = 64;

    private static readonly byte[] s_outOfService = Encoding.UTF8.GetBytes(PodsPlan.OutOfServiceTaint);

    private readonly PodPlaces _places = new(log);

    /// <summary>Pod key → timestamp since when its node is missing; holds orphans only.</summary>
    private readonly ConcurrentDictionary<string, long> _orphans = new();

    public string Name => "pods";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Indexed(Resources.Pods.Prefix(), KeysOf),
        new WatchSource(
            Resources.Nodes.Prefix(), node => PodsOfLost(node.Key[Resources.Nodes.Prefix().Length..]),
            () => _places.NodesWithPods().SelectMany(PodsOfLost)),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (key == EndedKey)
        {
            await RemoveEnded(ct);
            return null;
        }

        var (ns, name) = ControllerKey.Split(key);
        var pod = objects.Get(Resources.Pods, ns, name);
        var life = LifeOf(pod?.Spec.NodeName);
        var step = pod is null
            ? PodStep.Keep
            : PodsPlan.Decide(
                !string.IsNullOrEmpty(pod.Spec.NodeName), pod.Metadata.DeletionTimestamp is not null, life);
        if (step == PodStep.Keep)
        {
            _orphans.TryRemove(key, out _);
            return null;
        }

        var rest = Quarantine - time.GetElapsedTime(_orphans.GetOrAdd(key, time.GetTimestamp()));
        if (step == PodStep.Suspect && rest > TimeSpan.Zero)
        {
            return rest;
        }

        _orphans.TryRemove(key, out _);
        var uid = pod!.Metadata.Uid;
        await objects.Update(
            Resources.Pods, ns, name,
            tree => tree["metadata"]?["uid"]?.ToString() == uid
                ? PodsPlan.Fail(tree, isOrphan: step == PodStep.Suspect, time.GetUtcNow())
                : null,
            ct);
        await objects.RequestDelete(Resources.Pods, ns, name, uid, graceSeconds: 0, ct);
        log.OrphanRemoved(key, pod.Spec.NodeName ?? "");
        return null;
    }

    private async Task RemoveEnded(CancellationToken ct)
    {
        var ended = _places.EndedBeyond(endedMax, EndedAtOnce);
        await Task.WhenAll(ended.Select(pod =>
        {
            var (ns, name) = ControllerKey.Split(pod.Key);
            return objects.RequestDelete(Resources.Pods, ns, name, pod.Uid, graceSeconds: 0, ct);
        }));
        if (ended.Count > 0)
        {
            log.EndedRemoved(ended.Count, endedMax);
        }
    }

    /// <summary>Only pods that may be in trouble. Each deletion of an ended one brings the next, if any.</summary>
    private IReadOnlyList<string> KeysOf(FollowStep step)
    {
        List<string> keys = [];
        foreach (var key in _places.Apply(step))
        {
            if (_places.Find(key) is not { } pod || pod.IsBeingDeleted
                || (pod.Node is not null && !NodeExists(pod.Node)))
            {
                keys.Add(key);
            }
        }

        if (endedMax > 0 && _places.EndedCount > endedMax)
        {
            keys.Add(EndedKey);
        }

        return keys;
    }

    /// <summary>Whatever it looks like: pods of a node that nobody can read are not orphans.</summary>
    private bool NodeExists(string name) => objects.Store.Get(Resources.Nodes.KeyOf(null, name)) is not null;

    /// <summary>Nodes report often and are out of service hardly ever: one is read only where the word is.</summary>
    private NodeLife LifeOf(string? name) =>
        objects.Store.Get(Resources.Nodes.KeyOf(null, name ?? "")) is not { } stored ? NodeLife.Absent
        : stored.Value.Span.IndexOf(s_outOfService) < 0 ? NodeLife.Present
        : Objects.TryRead(Resources.Nodes, stored, log) is { } node ? PodsPlan.LifeOf(node)
        : NodeLife.Present;

    private IEnumerable<string> PodsOfLost(string node) => LifeOf(node) switch
    {
        NodeLife.Absent => _places.PodsOn(node),
        NodeLife.OutOfService => _places.PodsOn(node).Where(key => _places.Find(key) is { IsBeingDeleted: true }),
        // It is back: its absence, if there was one, is not counted on.
        NodeLife.Present => _orphans.IsEmpty ? [] : _places.PodsOn(node).Where(_orphans.ContainsKey),
        _ => throw new InvalidOperationException("unknown life of a node"),
    };
}
