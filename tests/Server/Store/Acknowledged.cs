namespace Edge.Tests.Server.Store;

/// <summary>What the store has acknowledged so far, as its clients know it.</summary>
internal sealed class Acknowledged
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, (long Revision, bool Deleted)> _newest = new(StringComparer.Ordinal);
    private readonly HashSet<long> _revisions = [];
    private readonly List<(int Count, TaskCompletionSource Signal)> _waiting = [];
    private int _attempts;

    public void Attempted()
    {
        lock (_gate)
        {
            _attempts++;
            foreach (var (_, signal) in _waiting.Where(entry => entry.Count <= _attempts))
            {
                signal.TrySetResult();
            }
        }
    }

    public void Add(string key, long revision, bool deleted)
    {
        lock (_gate)
        {
            Assert.True(_revisions.Add(revision), $"revision {revision} was used twice");
            if (!_newest.TryGetValue(key, out var known) || known.Revision < revision)
            {
                _newest[key] = (revision, deleted);
            }
        }
    }

    /// <summary>Waits until so many writes were answered.</summary>
    public Task Reached(int attempts)
    {
        lock (_gate)
        {
            var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((attempts, signal));
            if (_attempts >= attempts)
            {
                signal.TrySetResult();
            }

            return signal.Task;
        }
    }

    /// <summary>The newest acknowledged put of each key, and the newest revision of all.</summary>
    public (IReadOnlyList<(string Key, long Revision)> Puts, long Newest) Copy()
    {
        lock (_gate)
        {
            return (_newest.Where(pair => !pair.Value.Deleted).Select(pair => (pair.Key, pair.Value.Revision)).ToList(),
                _revisions.DefaultIfEmpty().Max());
        }
    }

    public IEnumerable<(string Key, long Revision)> Live() => Copy().Puts;

    /// <summary>True when something newer than this revision was acknowledged for the key.</summary>
    public bool Knows(string key, long revision)
    {
        lock (_gate)
        {
            return _newest.TryGetValue(key, out var known) && known.Revision > revision;
        }
    }
}
