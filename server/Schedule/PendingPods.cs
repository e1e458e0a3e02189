using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule;

/// <summary>
/// Pods that wait for a node. A pod is active (to be tried now), or resting after it fitted nowhere. A resting pod
/// becomes active when the cluster or the pod changed in its favour and its back-off is over, or when it rested long.
/// Bounded by the number of pods. Times are those of a clock that never steps, since any moment.
/// </summary>
internal sealed class PendingPods
{
    /// <summary>kube-scheduler's initial and longest pod back-off.</summary>
    private static readonly TimeSpan BackoffMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BackoffMax = TimeSpan.FromSeconds(10);

    /// <summary>A pod that rested so long is tried without a change (kube-scheduler's flush).</summary>
    private static readonly TimeSpan RestMax = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Entry> _entries = [];

    // A pod that left, or came again, leaves its item here; only the one with the entry's own order counts.
    private readonly PriorityQueue<(string Key, long Order), (int Priority, long Order)> _active = new();
    private readonly HashSet<string> _resting = [];

    // A pod that is woken early stands here twice; the entry with the other time is then void.
    private readonly PriorityQueue<string, TimeSpan> _due = new();
    private long _order;

    /// <summary>BackoffEnd is when a woken pod may try again, Due when it does as things stand.</summary>
    private sealed record Entry(PodFacts Pod, bool Active, int Attempts, TimeSpan BackoffEnd, TimeSpan Due)
    {
        /// <summary>Its place among the active; null once it was taken.</summary>
        public long? Order { get; init; }
        public RejectedBy RejectedBy { get; init; }
    }

    /// <summary>The next time a resting pod becomes active, or null.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            DropVoid();
            return _due.TryPeek(out _, out var due) ? due : null;
        }
    }

    public bool HasActive => _active.Count > 0;

    /// <summary>
    /// A pod that is not pending yet, or is another one under the same name, is to be tried now. A resting one whose
    /// spec or labels changed may try again once its back-off ends.
    /// </summary>
    public void Put(PodFacts pod)
    {
        if (!_entries.TryGetValue(pod.Key, out var known) || known.Pod.Uid != pod.Uid)
        {
            _resting.Remove(pod.Key);
            Activate(pod.Key, new Entry(pod, Active: true, Attempts: 0, default, default));
            return;
        }

        _entries[pod.Key] = known with { Pod = pod };
        if (known.Pod.Generation != pod.Generation || known.Pod.Demand != pod.Demand)
        {
            Wake(pod.Key);
        }
    }

    public void Remove(string key)
    {
        _entries.Remove(key);
        _resting.Remove(key);
    }

    /// <summary>
    /// The next pod to try, by priority, then by age; null when there is none. It is given once: it stays known until
    /// it is removed, or rests.
    /// </summary>
    public PodFacts? Take()
    {
        while (_active.TryDequeue(out var item, out _))
        {
            if (_entries.TryGetValue(item.Key, out var entry) && entry.Order == item.Order)
            {
                _entries[item.Key] = entry with { Order = null };
                return entry.Pod;
            }
        }

        return null;
    }

    /// <summary>The pod fitted nowhere, by these filters: it rests until something helps.</summary>
    public void Rest(string key, RejectedBy rejectedBy, TimeSpan now)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            var wait = BackoffMin * Math.Pow(2, Math.Min(entry.Attempts, 10));
            _entries[key] = entry with
            {
                Active = false,
                Order = null,
                Attempts = entry.Attempts + 1,
                BackoffEnd = now + (wait < BackoffMax ? wait : BackoffMax),
                Due = now + RestMax,
                RejectedBy = rejectedBy,
            };
            _resting.Add(key);
            _due.Enqueue(key, now + RestMax);
        }
    }

    /// <summary>The pod's write failed: it is tried again after its back-off, without waiting for a change.</summary>
    public void Retry(string key, TimeSpan now)
    {
        Rest(key, RejectedBy.None, now);
        Wake(key);
    }

    /// <summary>Nobody knows what changed: all resting pods may try again once their back-off ends.</summary>
    public void WakeAll()
    {
        foreach (var key in _resting.ToArray())
        {
            Wake(key);
        }
    }

    /// <summary>Those that the event could help may try again once their back-off ends; null helps nobody.</summary>
    public void Wake(ClusterEvent? change)
    {
        if (change is null || _resting.Count == 0)
        {
            return;
        }

        List<string>? helped = null;
        foreach (var key in _resting)
        {
            var entry = _entries[key];
            if (WakeHints.MayHelp(change, entry.Pod.Demand, entry.RejectedBy))
            {
                (helped ??= []).Add(key);
            }
        }

        foreach (var key in helped ?? [])
        {
            Wake(key);
        }
    }

    /// <summary>Makes active whose time has come.</summary>
    public void Promote(TimeSpan now)
    {
        while (NextDue <= now)
        {
            var key = _due.Dequeue();
            _resting.Remove(key);
            Activate(key, _entries[key] with { Active = true });
        }
    }

    public IReadOnlyList<string> Keys() => [.. _entries.Keys];

    private void Wake(string key)
    {
        // Woken once is enough: it keeps its entry, but nothing more is asked for it.
        if (_resting.Remove(key) && _entries.TryGetValue(key, out var entry) && !entry.Active)
        {
            _entries[key] = entry with { Due = entry.BackoffEnd };
            _due.Enqueue(key, entry.BackoffEnd);
        }
    }

    private void Activate(string key, Entry entry)
    {
        var order = _order++;
        _entries[key] = entry with { Order = order };
        _active.Enqueue((key, order), (-entry.Pod.Demand.Priority, order));
    }

    private void DropVoid()
    {
        while (_due.TryPeek(out var key, out var due)
            && !(_entries.TryGetValue(key, out var entry) && !entry.Active && entry.Due == due))
        {
            _due.Dequeue();
        }
    }
}
