namespace Edge.Server.Store;

/// <summary>
/// Says which Events must go: those older than an hour, and the oldest when there are too many. Each Event counts once,
/// from its last write. Events live in memory only. Owned by the writer.
/// </summary>
internal sealed class EventExpiry
{
    /// <summary>Kubernetes' own default.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>About 8 MiB of events; a fleet that says more loses the oldest.</summary>
    public const int EventsMax = 8192;

    private readonly LinkedList<(string Key, DateTimeOffset Due)> _byAge = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, DateTimeOffset Due)>> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    /// <summary>
    /// The Events that must go once <paramref name="changes"/> are in, oldest first. Remembers nothing: the disk may
    /// still refuse the changes.
    /// </summary>
    public IReadOnlyList<string> Due(IReadOnlyList<Change> changes, DateTimeOffset now)
    {
        // Loops: operators over a struct are compiled anew for it, which the binary would pay for.
        var touched = new HashSet<string>();
        var written = new List<string>();
        for (var at = changes.Count - 1; at >= 0; at--)
        {
            var key = changes[at].Object.Key;
            if (StoreKeys.IsEvent(key) && touched.Add(key) && changes[at].Type == ChangeType.Put)
            {
                written.Add(key);
            }
        }

        written.Reverse();
        var count = _entries.Count - touched.Count(_entries.ContainsKey) + written.Count;
        var due = new List<string>();
        for (var at = _byAge.First; at is not null && (at.Value.Due <= now || count > EventsMax); at = at.Next)
        {
            if (!touched.Contains(at.Value.Key))
            {
                due.Add(at.Value.Key);
                count--;
            }
        }

        return [.. due, .. written.Take(Math.Max(0, count - EventsMax))];
    }

    /// <summary>Takes in what is committed; a written Event is the youngest.</summary>
    public void Committed(IReadOnlyList<Change> changes, DateTimeOffset now)
    {
        foreach (var change in changes)
        {
            var key = change.Object.Key;
            if (!StoreKeys.IsEvent(key))
            {
                continue;
            }

            if (_entries.Remove(key, out var old))
            {
                _byAge.Remove(old);
            }

            if (change.Type == ChangeType.Put)
            {
                _entries[key] = _byAge.AddLast((key, now + Lifetime));
            }
        }
    }
}
