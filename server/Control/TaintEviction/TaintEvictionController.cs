using System.Collections.Concurrent;
using System.Globalization;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.TaintEviction;

/// <summary>
/// Deletes pods that do not bear their node's NoExecute taints (Kubernetes' taint-eviction-controller), and takes out
/// those whose lease on a silent node is over. Times count from when this server saw the taint, and the silence from
/// when it began at the latest: after a restart both count again, so that nobody is evicted by a clock that was set or
/// for a time in which nodes could not be heard.
/// </summary>
internal sealed class TaintEvictionController(
    Objects objects, EventRecorder events, NodeContact contact, TimeProvider time,
    ILogger<TaintEvictionController> log) : IController
{
    private const string Component = "taint-eviction-controller";

    /// <summary>The link and this loop may disagree by a moment about a silence.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly TaintedPods _pods = new(objects, log);

    /// <summary>Pods that wait for their time: which pod, and since when it is beside the taints.</summary>
    private readonly ConcurrentDictionary<string, (string? Uid, long Since)> _waiting = new();

    public string Name => "taint-eviction";

    public IReadOnlyList<WatchSource> Sources =>
    [
        new WatchSource(Resources.Nodes.Prefix(), _pods.OfNode),
        new WatchSource(Resources.Pods.Prefix(), _pods.OfPod, _pods.Vanished),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var (ns, name) = ControllerKey.Split(key);
        var pod = objects.Get(Resources.Pods, ns, name);
        if (pod is null)
        {
            _pods.Forget(key);
        }

        if (pod is null || string.IsNullOrEmpty(pod.Spec.NodeName)
            || objects.Get(Resources.Nodes, null, pod.Spec.NodeName) is not { } node)
        {
            _waiting.TryRemove(key, out _);
            return null;
        }

        var decision = TaintEvictionPlan.Decide(
            pod, node, TaintedFor(key, pod), contact.SilenceOf(pod.Spec.NodeName));
        if (decision.Removes)
        {
            return await Remove(key, pod, node, ct);
        }

        if (decision.Deletes)
        {
            await Delete(key, pod, ct);
            return decision.RemoveIn;
        }

        await Remember(key, pod, decision, ct);
        return decision.Next;
    }

    private TimeSpan TaintedFor(string key, Pod pod) =>
        _waiting.TryGetValue(key, out var waiting) && waiting.Uid == pod.Metadata.Uid
            ? time.GetElapsedTime(waiting.Since)
            : TimeSpan.Zero;

    /// <summary>A pod that waited for its eviction and need not any more is told of.</summary>
    private async Task Remember(string key, Pod pod, TaintDecision decision, CancellationToken ct)
    {
        if (decision.Next is not null)
        {
            var now = (pod.Metadata.Uid, time.GetTimestamp());
            _waiting.AddOrUpdate(key, now, (_, known) => known.Uid == pod.Metadata.Uid ? known : now);
        }
        else if (_waiting.TryRemove(key, out var waiting) && waiting.Uid == pod.Metadata.Uid
            && pod.Metadata.DeletionTimestamp is null)
        {
            await Tell(pod, $"Cancelling deletion of Pod {key}", ct);
        }
    }

    private async Task Delete(string key, Pod pod, CancellationToken ct)
    {
        await Tell(pod, $"Marking for deletion Pod {key}", ct);
        var (ns, name, uid) = (pod.Metadata.Namespace, pod.Metadata.Name!, pod.Metadata.Uid);
        await objects.Update(Resources.Pods, ns, name, tree =>
            tree["metadata"]?["uid"]?.ToString() == uid
                ? TaintEvictionMark.WithCondition(tree, time.GetUtcNow())
                : null, ct);
        await objects.RequestDelete(Resources.Pods, ns, name, uid, graceSeconds: null, ct);
        _waiting.TryRemove(key, out _);
        log.Evicted(key, pod.Spec.NodeName!);
    }

    /// <summary>
    /// The pod runs no more. It leaves in one transaction that fails when anything of it changed since; and until its
    /// node gets what it should run without it, the node hears nothing.
    /// </summary>
    private async Task<TimeSpan?> Remove(string key, Pod pod, Node node, CancellationToken ct)
    {
        var name = node.Metadata.Name!;
        var withheld = $"pods/{pod.Metadata.Uid}";
        var wait = Fencing.ServerWait(pod, Fencing.KeepAlive(node))!.Value;
        var silence = contact.SilenceOf(name);
        if (!contact.TryWithhold(name, withheld, wait))
        {
            return Again;
        }

        long? done = null;
        try
        {
            if (pod.Metadata.DeletionTimestamp is null)
            {
                await Tell(pod, $"Marking for deletion Pod {key}", ct);
            }

            done = await TakeOut(pod, ct);
        }
        finally
        {
            if (done is { } revision)
            {
                contact.Settle(name, withheld, revision);
            }
            else
            {
                contact.Release(name, withheld);
            }
        }

        if (done is null)
        {
            return Again;
        }

        _waiting.TryRemove(key, out _);
        log.Fenced(key, name, silence.TotalSeconds);
        return null;
    }

    /// <summary>The revision of it; null when the pod changed meanwhile.</summary>
    private async Task<long?> TakeOut(Pod pod, CancellationToken ct)
    {
        var key = Resources.Pods.KeyOf(pod.Metadata.Namespace, pod.Metadata.Name!);
        if (objects.Store.Get(key) is not { } stored
            || stored.Revision.ToString(CultureInfo.InvariantCulture) != pod.Metadata.ResourceVersion)
        {
            return null;
        }

        var ended = TaintEvictionMark.Ended(ObjectBytes.Read(stored), time.GetUtcNow());
        var put = StoreOp.Put(key, ObjectBytes.Write(ended));
        StoreOp[] ops = Deletion.IsReleased(Resources.Pods.Resource, ended) ? [put, StoreOp.Delete(key)] : [put];
        return await objects.Store.Txn([new Compare(key, stored.Revision)], ops, ct) is TxnResult.Committed committed
            ? committed.Revision
            : null;
    }

    private Task Tell(Pod pod, string message, CancellationToken ct) => events.Record(
        new EventNote(
            EventNote.Of(Resources.Pods, pod.Metadata), EventNote.Normal, "TaintManagerEviction", message),
        Component, host: null, times: 1, ct);
}
