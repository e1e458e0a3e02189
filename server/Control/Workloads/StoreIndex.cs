using Edge.Server.Store;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// Lists of objects of one kind by something they say (their owner, their node), so that a look at one owner does not
/// walk all objects. It holds keys and remembers what was read of each; the content always comes from the store's
/// newest snapshot, so nothing here can be out of date. An object enters when a watch, or the controller that made it,
/// calls <see cref="Look"/>; of two such calls the later one finds the newer state, whatever their order. What is gone
/// is dropped when it is met.
/// </summary>
/// <param name="store">Holds the objects.</param>
/// <param name="prefix">Which objects.</param>
/// <param name="read">What is to be remembered of an object; null for one that cannot be read.</param>
/// <param name="listsOf">The names of the lists that an object stands on.</param>
internal sealed class StoreIndex<TView>(
    ObjectStore store, string prefix, Func<StoredObject, TView?> read, Func<TView, IEnumerable<string>> listsOf)
    where TView : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (long Revision, TView? View)> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _lists = new(StringComparer.Ordinal);

    /// <summary>Must be done before controllers run: what is not known here would be made again.</summary>
    public void Prime()
    {
        foreach (var stored in store.List(prefix).Items)
        {
            Look(stored.Key);
        }
    }

    /// <summary>
    /// A source for controllers: each object is looked at before its keys are told, so that the sync will find it. The
    /// keys are those of the object that the watch tells of; if the store holds a newer one, the watch will tell of it.
    /// </summary>
    /// <param name="keysOf">The keys that an object concerns.</param>
    /// <param name="keysOfDeleted">All keys that a deletion nobody saw may concern.</param>
    public WatchSource Source(
        Func<TView, IEnumerable<string>> keysOf, Func<IEnumerable<string>> keysOfDeleted)
    {
        IEnumerable<string> KeysOf(StoredObject stored) => View(stored) is { } view ? keysOf(view) : [];
        return new WatchSource(prefix, KeysOf, keysOfDeleted)
        {
            KeysOfFormer = old => read(old) is { } view ? keysOf(view) : [],
        };
    }

    /// <summary>Takes in what the store holds under the key; null when it holds nothing that we can read.</summary>
    public TView? Look(string key)
    {
        lock (_gate)
        {
            return Newest(key);
        }
    }

    /// <summary>The objects on the list, in the order of their keys.</summary>
    public IReadOnlyList<TView> On(string list)
    {
        var found = new List<TView>();
        lock (_gate)
        {
            if (!_lists.TryGetValue(list, out var keys))
            {
                return found;
            }

            // A copy, and asked again: reading the newest state of an object may move it elsewhere.
            var sorted = keys.ToArray();
            Array.Sort(sorted, StringComparer.Ordinal);
            foreach (var key in sorted)
            {
                if (Newest(key) is { } view && _lists.TryGetValue(list, out var now) && now.Contains(key))
                {
                    found.Add(view);
                }
            }
        }

        return found;
    }

    /// <summary>What the object says, which need not be the newest; the newest is taken in.</summary>
    private TView? View(StoredObject stored)
    {
        lock (_gate)
        {
            var newest = Newest(stored.Key);
            if (_known.TryGetValue(stored.Key, out var known) && known.Revision == stored.Revision)
            {
                return newest;
            }
        }

        return read(stored);
    }

    private TView? Newest(string key)
    {
        var known = _known.TryGetValue(key, out var entry);
        if (store.Get(key) is not { } stored)
        {
            Unlist(key, entry.View);
            _known.Remove(key);
            return null;
        }

        if (known && entry.Revision == stored.Revision)
        {
            return entry.View;
        }

        var view = read(stored);
        Unlist(key, entry.View);
        _known[key] = (stored.Revision, view);
        foreach (var list in view is null ? [] : listsOf(view))
        {
            (_lists.TryGetValue(list, out var keys) ? keys : _lists[list] = new(StringComparer.Ordinal)).Add(key);
        }

        return view;
    }

    private void Unlist(string key, TView? view)
    {
        foreach (var list in view is null ? [] : listsOf(view))
        {
            if (_lists.TryGetValue(list, out var keys) && keys.Remove(key) && keys.Count == 0)
            {
                _lists.Remove(list);
            }
        }
    }
}
