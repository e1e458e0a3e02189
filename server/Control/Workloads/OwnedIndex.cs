using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Workloads;

/// <summary>What is remembered of an object that a controller manages.</summary>
internal sealed record OwnedView(string Key, string Namespace, string Name, OwnerReference? Controller);

/// <summary>
/// The objects of one kind (ReplicaSets, Jobs, ControllerRevisions) by the owner that manages them, and by their
/// namespace while they have none. They are read whole only when they are asked for.
/// </summary>
internal sealed class OwnedIndex<T>(
    ObjectStore store, ResourceKind<T> kind, Func<T, ObjectMeta> metaOf, ILogger log) where T : class
{
    private readonly StoreIndex<OwnedView> _objects = new(
        store, kind.Prefix(),
        stored => Objects.TryRead(kind, stored, log) is { } read ? View(stored.Key, metaOf(read)) : null,
        view => [view.Controller is { } owner ? OwnerList(owner.Uid) : OrphanList(view.Namespace)]);

    /// <inheritdoc cref="StoreIndex{TView}.Prime"/>
    public void Prime() => _objects.Prime();

    /// <inheritdoc cref="StoreIndex{TView}.Look"/>
    public OwnedView? Look(string key) => _objects.Look(key);

    /// <inheritdoc cref="StoreIndex{TView}.Source"/>
    public WatchSource Source(Func<OwnedView, IEnumerable<string>> keysOf, Func<IEnumerable<string>> keysOfDeleted) =>
        _objects.Source(keysOf, keysOfDeleted);

    /// <summary>The objects that the owner manages, oldest first.</summary>
    public IReadOnlyList<T> OwnedBy(string uid) => Read(_objects.On(OwnerList(uid)));

    /// <summary>The objects of the namespace that nobody manages, oldest first.</summary>
    public IReadOnlyList<T> Unowned(string ns) => Read(_objects.On(OrphanList(ns)));

    private IReadOnlyList<T> Read(IReadOnlyList<OwnedView> views) =>
    [
        .. views.Select(view => store.Get(view.Key) is { } stored ? Objects.TryRead(kind, stored, log) : null)
            .OfType<T>().OrderBy(read => metaOf(read).CreationTimestamp).ThenBy(read => metaOf(read).Name),
    ];

    private static OwnedView View(string key, ObjectMeta meta) =>
        new(key, meta.Namespace ?? "", meta.Name ?? "", Owners.ControllerOf(meta));

    private static string OwnerList(string uid) => "owner " + uid;

    private static string OrphanList(string ns) => "orphans " + ns;
}
