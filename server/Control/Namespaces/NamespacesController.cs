using System.Text.Json.Nodes;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Namespaces;

/// <summary>
/// Empties a namespace that is on its way out, then lets it go. Knows no kinds, so none is forgotten.
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
        if (objects.Get(Resources.Namespaces, null, key)?.Metadata.DeletionTimestamp is null)
        {
            return null;
        }

        var contents = objects.Store.List("/registry/").Items.Where(item => IsInside(item.Key, key)).ToList();
        await Task.WhenAll(contents.Select(item => Delete(item, ct)));
        if (contents.Any(item => objects.Store.Get(item.Key) is not null))
        {
            return Again;
        }

        await objects.Update(Resources.Namespaces, null, key, WithoutFinalizer, ct);
        log.Emptied(key, contents.Count);
        return null;
    }

    /// <summary>Keys are /registry/group/resource/namespace/name; cluster-scoped ones have one part less.</summary>
    private static bool IsInside(string key, string ns) => key.Split('/') is [_, _, _, _, var own, _] && own == ns;

    private async Task Delete(StoredObject item, CancellationToken ct)
    {
        var resource = item.Key.Split('/')[3];
        var op = Deletion.Plan(resource, ObjectBytes.Read(item), null, time.GetUtcNow()) switch
        {
            DeletionStep.Remove => StoreOp.Delete(item.Key),
            DeletionStep.Mark mark => StoreOp.Put(item.Key, ObjectBytes.Write(mark.Object)),
            DeletionStep.Nothing => (StoreOp?)null,
            _ => throw new InvalidOperationException("unknown deletion step"),
        };
        if (op is { } step)
        {
            // A conflict needs no answer: the namespace is looked at again while anything is left.
            await objects.Store.Txn([new Compare(item.Key, item.Revision)], [step], ct);
        }
    }

    private static JsonObject WithoutFinalizer(JsonObject tree)
    {
        if (tree["spec"]?["finalizers"] is JsonArray finalizers)
        {
            var rest = finalizers.Where(entry => entry?.ToString() != Finalizer).Select(entry => entry?.DeepClone());
            tree["spec"]!["finalizers"] = new JsonArray([.. rest]);
        }

        return tree;
    }
}
