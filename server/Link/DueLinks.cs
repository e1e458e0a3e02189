namespace Edge.Server.Link;

/// <summary>
/// The links that a turn has to look at: something of them is other than it was, or their time has come. Of ten
/// thousand that is few, at any moment. Guarded by the gate of <see cref="LinkServer"/>.
/// </summary>
internal sealed class DueLinks
{
    private readonly HashSet<NodeLink> _touched = [];

    /// <summary>By time; each link once at most, at the time that it names itself.</summary>
    private readonly SortedSet<NodeLink> _queue = new(Comparer<NodeLink>.Create(Order));

    /// <summary>The time of the first that waits; not of those that were touched.</summary>
    public TimeSpan? Next => _queue.Min?.QueuedAt;

    /// <summary>Something of the link is other than it was.</summary>
    public void Touch(NodeLink link) => _touched.Add(link);

    public void Forget(NodeLink link)
    {
        _touched.Remove(link);
        Leave(link);
    }

    /// <summary>Each once; those that wait still have to be put back.</summary>
    public NodeLink[] Take(TimeSpan now)
    {
        while (_queue.Min is { } link && link.QueuedAt <= now)
        {
            Leave(link);
            _touched.Add(link);
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
            Leave(link);
            link.QueuedAt = at;
            _queue.Add(link);
        }
    }

    private void Leave(NodeLink link)
    {
        // Found by its time: that may change only while it is in no queue.
        if (link.QueuedAt is not null)
        {
            _queue.Remove(link);
            link.QueuedAt = null;
        }
    }

    private static int Order(NodeLink one, NodeLink other)
    {
        var times = Nullable.Compare(one.QueuedAt, other.QueuedAt);
        return times != 0 ? times : string.CompareOrdinal(one.Name, other.Name);
    }
}
