using System.Collections.Concurrent;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Pods;

/// <summary>Takes out pods whose node is gone, and pods that were deleted before they had one.</summary>
internal sealed class PodsController(Objects objects, TimeProvider time, ILogger<PodsController> log) : IController
{
    /// <summary>How long a node must be absent before its pods go (Kubernetes' quarantine).</summary>
    private static readonly TimeSpan Quarantine = TimeSpan.FromSeconds(40);

    /// <summary>Pod key → timestamp since when its node is missing; holds orphans only.</summary>
    private readonly ConcurrentDictionary<string, long> _orphans = new();

    public string Name => "pods";

    public IReadOnlyList<WatchSource> Sources =>
    [
        WatchSource.Own(Resources.Pods.Prefix()),
        new WatchSource(
            Resources.Nodes.Prefix(), node => PodsOfMissing(node.Key[Resources.Nodes.Prefix().Length..]),
            () => Keys(pod => !string.IsNullOrEmpty(pod.Spec.NodeName) && !NodeExists(pod.Spec.NodeName))),
    ];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        var (ns, name) = key.Split('/') is [var first, var second] ? (first, second) : ("", key);
        var pod = objects.Get(Resources.Pods, ns, name);
        var step = pod is null
            ? PodStep.Keep
            : PodsPlan.Decide(pod, NodeExists(pod.Spec.NodeName));
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
        await objects.RequestDelete(Resources.Pods, ns, name, pod!.Metadata.Uid, graceSeconds: 0, ct);
        log.OrphanRemoved(key, pod.Spec.NodeName ?? "");
        return null;
    }

    /// <summary>Whatever it looks like: pods of a node that nobody can read are not orphans.</summary>
    private bool NodeExists(string? name) =>
        objects.Store.Get(Resources.Nodes.KeyOf(null, name ?? "")) is not null;

    private IEnumerable<string> PodsOfMissing(string node) =>
        NodeExists(node) ? [] : Keys(pod => pod.Spec.NodeName == node);

    private IEnumerable<string> Keys(Func<Pod, bool> which) =>
        objects.List(Resources.Pods).Where(which).Select(pod => $"{pod.Metadata.Namespace}/{pod.Metadata.Name}");
}
