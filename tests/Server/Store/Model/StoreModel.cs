using Edge.Server.Store;

namespace Edge.Tests.Server.Store.Model;

/// <summary>
/// What the store must be, said in the simplest way: a map, a counter, and the log of one process's life. Every moment
/// of the life can be looked at again.
/// </summary>
internal sealed class StoreModel
{
    private readonly SortedDictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly List<Change> _log = [];
    private readonly HashSet<long> _ends = [];
    private List<StoredObject> _first = [];

    public StoreModel(long revision) => Begin(revision);

    /// <summary>The revision at which this life began.</summary>
    public long Start { get; private set; }

    public long Revision => Start + _log.Count;

    public TxnResult Apply(IReadOnlyList<Compare> compares, IReadOnlyList<StoreOp> ops)
    {
        foreach (var compare in compares)
        {
            StoredObject? current = _objects.TryGetValue(compare.Key, out var found) ? found : null;
            if ((current?.Revision ?? 0) != compare.Revision)
            {
                return new TxnResult.Conflict(compare.Key, current);
            }
        }

        foreach (var op in ops)
        {
            StoredObject? previous = _objects.TryGetValue(op.Key, out var found) ? found : null;
            if (!op.IsDelete)
            {
                Append(new Change(ChangeType.Put, new StoredObject(op.Key, Revision + 1, op.Value), previous));
            }
            else if (previous is { } gone)
            {
                Append(new Change(ChangeType.Delete, gone with { Revision = Revision + 1 }, gone));
            }
        }

        _ends.Add(Revision);
        return new TxnResult.Committed(Revision);
    }

    /// <summary>True when no transaction was half done at the revision.</summary>
    public bool IsBetweenTransactions(long revision) => _ends.Contains(revision);

    /// <summary>The objects under the prefix at a revision of this life.</summary>
    public IReadOnlyList<StoredObject> At(long revision, string prefix)
    {
        var then = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
        foreach (var stored in _first)
        {
            then[stored.Key] = stored;
        }

        foreach (var change in _log.Take((int)(revision - Start)))
        {
            Do(then, change);
        }

        return [.. then.Values.Where(stored => stored.Key.StartsWith(prefix, StringComparison.Ordinal))];
    }

    /// <summary>The first change of the prefix after the revision, if there is one yet.</summary>
    public Change? Next(string prefix, long after)
    {
        for (var i = (int)(after - Start); i < _log.Count; i++)
        {
            if (_log[i].Object.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                return _log[i];
            }
        }

        return null;
    }

    /// <summary>True when everything after the revision fits into what the store promises to keep.</summary>
    public bool MustBeKept(long after)
    {
        var since = _log.Skip((int)Math.Max(0, after - Start)).ToList();
        return after >= Start && since.Count <= WatchHub.WindowChanges
            && since.Sum(change => (long)change.Object.Value.Length) <= WatchHub.WindowBytes;
    }

    /// <summary>A new life begins with what the disk had at a revision of the old one.</summary>
    public void Restart(long survived, long revision)
    {
        var kept = At(survived, "").Where(stored => !StoreKeys.IsMemoryOnly(stored.Key)).ToList();
        _objects.Clear();
        kept.ForEach(stored => _objects.Add(stored.Key, stored));
        Begin(revision);
    }

    /// <summary>Other objects are there from now on, under no revision of this life.</summary>
    public void Replace(IReadOnlyList<StoredObject> objects)
    {
        Start = Revision;
        _log.Clear();
        _first = [.. objects];
    }

    private void Begin(long revision)
    {
        _log.Clear();
        _ends.Clear();
        _ends.Add(revision);
        _first = [.. _objects.Values];
        Start = revision;
    }

    private void Append(Change change)
    {
        _log.Add(change);
        Do(_objects, change);
    }

    private static void Do(SortedDictionary<string, StoredObject> objects, Change change)
    {
        if (change.Type == ChangeType.Put)
        {
            objects[change.Object.Key] = change.Object;
            return;
        }

        objects.Remove(change.Object.Key);
    }
}
