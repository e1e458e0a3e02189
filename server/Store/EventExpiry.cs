namespace Edge.Server.Store;

/// <summary>
/// Says which Events must go: those older than an hour, and the oldest when there are too many. Events live in memory
/// only. Owned by the writer.
/// </summary>
internal sealed class EventExpiry
{
    /// <summary>Kubernetes' own default.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>About 8 MiB of events; a fleet that says more loses the oldest.</summary>
    public const int EventsMax = 8192;

    // An event that is written again stands in the queue twice; the entry with the older revision is then void.
    private readonly Queue<(DateTimeOffset Due, string Key, long Revision)> _queue = new();

    public bool IsEmpty => _queue.Count == 0;

    public void Written(string key, long revision, DateTimeOffset now) =>
        _queue.Enqueue((now + Lifetime, key, revision));

    /// <summary>
    /// Takes the next event that must go, or null. The caller ignores one with another revision by now.
    /// </summary>
    public (string Key, long Revision)? TakeDue(DateTimeOffset now)
    {
        if (_queue.Count <= EventsMax && (!_queue.TryPeek(out var next) || next.Due > now))
        {
            return null;
        }

        var due = _queue.Dequeue();
        return (due.Key, due.Revision);
    }
}
