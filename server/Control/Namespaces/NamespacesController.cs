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

    /// <summary>How often the rest is looked at: pods leave at the speed of their nodes.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    public string Name => "namespaces";

    public IReadOnlyList<WatchSource> Sources { get; } = [WatchSource.Own(Resources.Namespaces.Prefix())];

    public async Task<TimeSpan?> Sync(string key, CancellationToken ct)
    {
        if (objects.Get(Resources.Namespaces, null, key) is not { Metadata.DeletionTimestamp: not null } ns
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
            return Again;
        }

        log.Emptied(key);
        return null;
    }

    private static bool IsPod(StoredObject stored) =>
        stored.Key.StartsWith(Resources.Pods.Prefix(), StringComparison.Ordinal);

    /// <summary>Deletes these objects of the namespace; returns those that something holds.</summary>
    private async Task<IReadOnlyList<StoredObject>> Empty(
        string ns, Func<StoredObject, bool> which, CancellationToken ct)
    {
        // A conflict needs no answer: the namespace is looked at again while anything is left.
        var contents = objects.Store.Current.InNamespace(ns).Where(which);
        await Task.WhenAll(contents.Select(
            item => objects.TryDelete(item, new DeletionWish(Propagation: Propagation.Background), [], ct)));
        return [.. objects.Store.Current.InNamespace(ns).Where(which)];
    }
}
