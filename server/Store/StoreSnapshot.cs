using System.Collections.Immutable;

namespace Edge.Server.Store;

/// <summary>All objects of one moment. Immutable: readers never lock and never see half a transaction.</summary>
internal sealed class StoreSnapshot(long revision, ImmutableSortedSet<StoredObject> objects)
{
    /// <summary>Key order by code unit, which is also the order of list pages.</summary>
    public static readonly IComparer<StoredObject> KeyOrder =
        Comparer<StoredObject>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key));

    public static StoreSnapshot Empty(long revision) =>
        new(revision, ImmutableSortedSet<StoredObject>.Empty.WithComparer(KeyOrder));

    public long Revision { get; } = revision;

    public int Count => Objects.Count;

    internal ImmutableSortedSet<StoredObject> Objects { get; } = objects;

    public StoredObject? Get(string key) =>
        Objects.TryGetValue(new StoredObject(key, 0, default), out var found) ? found : null;

    /// <summary>
    /// The objects under the prefix whose key is after <paramref name="after"/> (empty for all), in order.
    /// </summary>
    public IEnumerable<StoredObject> Range(string prefix, string after = "")
    {
        var start = Objects.IndexOf(new StoredObject(after.Length == 0 ? prefix : after, 0, default));
        var index = start < 0 ? ~start : after.Length == 0 ? start : start + 1;
        for (; index < Objects.Count; index++)
        {
            var item = Objects[index];
            if (!item.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield break;
            }

            yield return item;
        }
    }

    /// <summary>
    /// All objects in the namespace, of whatever kind. Takes one look-up a kind besides them, and no walk over others.
    /// </summary>
    public IEnumerable<StoredObject> InNamespace(string ns)
    {
        var after = "";
        while (Range(StoreKeys.All, after).FirstOrDefault() is { Key: { } first })
        {
            var (group, resource, _, _) = StoreKeys.Parts(first);
            var prefix = StoreKeys.Prefix(group, resource);
            foreach (var stored in Range($"{prefix}{ns}/"))
            {
                yield return stored;
            }

            after = prefix + char.MaxValue;
        }
    }

    /// <summary>Up to so many objects of the prefix, the last one first; takes no walk over the others.</summary>
    public IEnumerable<StoredObject> Last(string prefix, int count)
    {
        var end = Position(prefix + char.MaxValue);
        for (var index = end - 1; index >= Math.Max(0, end - count); index--)
        {
            var item = Objects[index];
            if (!item.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield break;
            }

            yield return item;
        }
    }

    /// <summary>How many objects lie under the prefix; takes no walk.</summary>
    public int CountOf(string prefix) => Position(prefix + char.MaxValue) - Position(prefix);

    /// <summary>How many objects of the prefix come after the key.</summary>
    public int CountAfter(string prefix, string key) => Position(prefix + char.MaxValue) - Position(key) - 1;

    private int Position(string key)
    {
        var index = Objects.IndexOf(new StoredObject(key, 0, default));
        return index < 0 ? ~index : index;
    }
}
