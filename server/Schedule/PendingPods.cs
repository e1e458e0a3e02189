namespace Edge.Server.Schedule;

/// <summary>
/// Pods that wait for a node. A pod is active (to be tried now), or resting after it fitted nowhere. A resting pod
/// becomes active when the cluster changed in its favour and its back-off is over. Holds keys, so it is bounded by the
/// number of pods.
/// </summary>
internal sealed class PendingPods
{
    /// <summary>kube-scheduler's initial and longest pod back-off.</summary>
    private static readonly TimeSpan BackoffMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Entry> _entries = [];
    private readonly PriorityQueue<string, (int Priority, long Order)> _active = new();
    private readonly PriorityQueue<string, DateTimeOffset> _due = new();
    private long _order;

    private sealed record Entry(string Uid, int Priority, bool Active, bool Woken, int Attempts, DateTimeOffset Due);

    /// <summary>The next time a woken pod's back-off ends, or null.</summary>
    public DateTimeOffset? NextDue => _due.TryPeek(out _, out var due) ? due : null;

    public bool HasActive => _active.Count > 0;

    /// <summary>A pod that is not pending yet, or is another one under the same name, is to be tried now.</summary>
    public void Put(string key, string uid, int priority)
    {
        if (_entries.TryGetValue(key, out var known) && known.Uid == uid)
        {
            return;
        }

        Activate(key, new Entry(uid, priority, Active: true, Woken: false, Attempts: 0, default));
    }

    public void Remove(string key) => _entries.Remove(key);

    /// <summary>The next pod to try, by priority, then by age; null when there is none.</summary>
    public string? Take()
    {
        while (_active.TryDequeue(out var key, out _))
        {
            if (_entries.TryGetValue(key, out var entry) && entry.Active)
            {
                return key;
            }
        }

        return null;
    }

    /// <summary>The pod fitted nowhere: it rests until something changes.</summary>
    public void Rest(string key, DateTimeOffset now)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            var wait = BackoffMin * Math.Pow(2, Math.Min(entry.Attempts, 10));
            var due = now + (wait < BackoffMax ? wait : BackoffMax);
            _entries[key] = entry with { Active = false, Woken = false, Attempts = entry.Attempts + 1, Due = due };
        }
    }

    /// <summary>The pod's write failed: it is tried again after its back-off, without waiting for a change.</summary>
    public void Retry(string key, DateTimeOffset now)
    {
        Rest(key, now);
        if (_entries.ContainsKey(key))
        {
            Wake(key);
        }
    }

    /// <summary>
    /// The cluster changed in favour of pods: all resting ones may try again once their back-off ends.
    /// </summary>
    public void WakeAll()
    {
        foreach (var key in _entries.Where(pair => !pair.Value.Active && !pair.Value.Woken).Select(pair => pair.Key)
            .ToList())
        {
            Wake(key);
        }
    }

    /// <summary>Makes active whose back-off is over.</summary>
    public void Promote(DateTimeOffset now)
    {
        while (_due.TryPeek(out var key, out var due) && due <= now)
        {
            _due.Dequeue();
            if (_entries.TryGetValue(key, out var entry) && entry.Woken && entry.Due == due)
            {
                Activate(key, entry with { Active = true, Woken = false });
            }
        }
    }

    public IReadOnlyList<string> Keys() => [.. _entries.Keys];

    private void Wake(string key)
    {
        var entry = _entries[key] with { Woken = true };
        _entries[key] = entry;
        _due.Enqueue(key, entry.Due);
    }

    private void Activate(string key, Entry entry)
    {
        _entries[key] = entry;
        _active.Enqueue(key, (-entry.Priority, _order++));
    }
}
