namespace Edge.Server.Link;

/// <summary>
/// The links that a turn has to look at: something of them is other than it was, or their time has come. Of ten
/// thousand that is few, at any moment. Guarded by the gate of <see cref="LinkServer"/>.
/// </summary>
internal sealed class DueLinks
{
    private readonly HashSet<NodeLink> _touched = [];

    /// <summary>
    /// By time. What became due earlier or is forgotten leaves an old entry behind: only the one that the link itself
    /// names counts.
    /// </summary>
    private readonly PriorityQueue<NodeLink, TimeSpan> _queue = new();

    /// <summary>The time of the first that waits; not of those that were touched.</summary>
    public TimeSpan? Next
    {
        get
        {
            while (_queue.TryPeek(out var link, out var at))
            {
                if (link.QueuedAt == at)
                {
                    return at;
                }

                _queue.Dequeue();
            }

            return null;
        }
    }

    /// <summary>Something of the link is other than it was.</summary>
    public void Touch(NodeLink link) => _touched.Add(link);

    public void Forget(NodeLink link)
    {
        _touched.Remove(link);
        link.QueuedAt = null;
    }

    /// <summary>Each once; those that wait still have to be put back.</summary>
    public NodeLink[] Take(TimeSpan now)
    {
        while (_queue.TryPeek(out var link, out var at) && at <= now)
        {
            _queue.Dequeue();
            if (link.QueuedAt == at)
            {
                link.QueuedAt = null;
                _touched.Add(link);
            }
        }

        NodeLink[] taken = [.. _touched];
        _touched.Clear();
        return taken;
    }

    /// <summary>
    /// The link waits until then; null waits for a touch. One that waits for less is looked at then, and waits again.
    /// </summary>
    public void Put(NodeLink link, TimeSpan? due)
    {
        if (due is { } at && !(link.QueuedAt <= at))
        {
            link.QueuedAt = at;
            _queue.Enqueue(link, at);
        }
    }
}
