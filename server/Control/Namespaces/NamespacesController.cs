using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Namespaces;

/// <summary>
/// Empties a namespace that is on its way out, then lets it go. Knows no kinds, so none is forgotten. Pods go first and
/// the rest when they are gone (OrderedNamespaceDeletion, KEP-5080): what protects a running pod must outlive it.
/// </summary>
internal sealed class NamespacesController(
    Objects objects, TimeProvider time, ILogger<NamespacesController> log) : IController
{
    public const string Finalizer = "kubernetes";

    /// <summary>
    /// How often the rest is looked at, a tenth of how long it has lasted already: pods leave at the speed of their
    /// nodes, which may be away for days.
    /// </summary>
    private static readonly (TimeSpan Least, TimeSpan Most) s_again =
        (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    public string Name => "namespaces";

    public IReadOnlyList<WatchSource> Sources { get; } = [WatchSource.Own(Resources.Namespaces.Prefix())];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Get(Resources.Namespaces, null, key) is not { Metadata.DeletionTimestamp: { } since } ns
            || ns.Spec?.Finalizers?.Contains(Finalizer) != true)
        {
            return null;
        }

        var left = await Empty(key, IsPod, ct);
        if (left.Count == 0)
        {
            left = await Empty(key, _ => true, ct);
        }

        await objects.Update(
            Resources.Namespaces, null, key, tree => NamespacesPlan.Next(tree, left, time.GetUtcNow()), ct);
        if (left.Count > 0)
        {
            var again = (time.GetUtcNow() - since) / 10;
            return again < s_again.Least ? s_again.Least : again > s_again.Most ? s_again.Most : again;
        }

        log.Emptied(key);
        return null;
    }

    private static bool IsPod(StoredObject stored) =>
        stored.Key.StartsWith(Resources.Pods.Prefix(), StringComparison.Ordinal);

    /// <summary>It goes already, and waits neither for dependents nor for their orphaning.</summary>
    private static bool IsAsked(StoredObject stored) =>
        ObjectHead.TryRead(stored) is { IsBeingDeleted: true } head
        && !head.Finalizers.Contains(Deletion.ForegroundFinalizer)
        && !head.Finalizers.Contains(Deletion.OrphanFinalizer);

    /// <summary>Deletes these objects of the namespace; returns those that something holds.</summary>
    private async Task<IReadOnlyList<StoredObject>> Empty(
        string ns, Func<StoredObject, bool> which, CancellationToken ct)
    {
        // A conflict needs no answer: the namespace is looked at again while anything is left.
        var contents = objects.Store.Current.InNamespace(ns).Where(stored => which(stored) && !IsAsked(stored));
        await Task.WhenAll(contents.Select(
            item => objects.TryDelete(item, new DeletionWish(Propagation: Propagation.Background), [], ct)));
        return [.. objects.Store.Current.InNamespace(ns).Where(which)];
    }
}
