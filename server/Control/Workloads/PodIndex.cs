using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Workloads;

/// <summary>The pods by the owner that manages them (or their namespace while they have none) and by node.</summary>
internal sealed class PodIndex(ObjectStore store, ILogger<PodIndex> log)
{
    private readonly StoreIndex<PodView> _pods = new(
        store, Resources.Pods.Prefix(),
        stored => Objects.TryRead(Resources.Pods, stored, log) is { } pod ? PodView.From(pod, stored.Key) : null,
        ListsOf);

    /// <inheritdoc cref="StoreIndex{TView}.Prime"/>
    public void Prime() => _pods.Prime();

    /// <inheritdoc cref="StoreIndex{TView}.Look"/>
    public PodView? Look(string key) => _pods.Look(key);

    /// <inheritdoc cref="StoreIndex{TView}.Source"/>
    public WatchSource Source(Func<PodView, IEnumerable<string>> keysOf, Func<IEnumerable<string>> keysOfDeleted) =>
        _pods.Source(keysOf, keysOfDeleted);

    /// <summary>The pods that the owner manages.</summary>
    public IReadOnlyList<PodView> OwnedBy(string uid) => _pods.On(OwnerList(uid));

    /// <summary>The pods of the namespace that nobody manages.</summary>
    public IReadOnlyList<PodView> Unowned(string ns) => _pods.On(OrphanList(ns));

    /// <summary>The pods bound to the node.</summary>
    public IReadOnlyList<PodView> OnNode(string node) => _pods.On(NodeList(node));

    private static IEnumerable<string> ListsOf(PodView pod)
    {
        yield return pod.Controller is { } owner ? OwnerList(owner.Uid) : OrphanList(pod.Namespace);
        if (pod.NodeName.Length > 0)
        {
            yield return NodeList(pod.NodeName);
        }
    }

    private static string OwnerList(string uid) => "owner " + uid;

    private static string OrphanList(string ns) => "orphans " + ns;

    private static string NodeList(string node) => "node " + node;
}
