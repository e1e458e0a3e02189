namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// The time of a whole world: it stands until it jumps to the next thing that is due. Things due at one moment happen
/// in the order in which they were asked for.
/// </summary>
internal sealed class SimClock
{
    private readonly PriorityQueue<SimTimer, (long Due, long Order)> _due = new();
    private long _order;

    /// <summary>Ticks since the world began.</summary>
    public long Now { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>Does something after this time.</summary>
    public SimTimer After(TimeSpan wait, Action act)
    {
        var timer = new SimTimer(this, act);
        timer.Set(Math.Max(0, wait.Ticks));
        return timer;
    }

    public void Enqueue(SimTimer timer, long due) => _due.Enqueue(timer, (due, _order++));

    /// <summary>
    /// Jumps to the next thing that is due and does it; false, and the time is the end, when nothing is due until then.
    /// </summary>
    public bool Step(long end)
    {
        while (_due.TryPeek(out var timer, out var at) && at.Due <= end)
        {
            _due.Dequeue();
            if (timer.Due == at.Due)
            {
                Now = at.Due;
                timer.Fire();
                return true;
            }
        }

        Now = end;
        return false;
    }
}

/// <summary>Something that happens at its time, unless it is set to another.</summary>
internal sealed class SimTimer(SimClock clock, Action act)
{
    /// <summary>By the clock; null while it is not set.</summary>
    public long? Due { get; private set; }

    public void Set(long? wait)
    {
        Due = clock.Now + wait;
        if (Due is { } due)
        {
            clock.Enqueue(this, due);
        }
    }

    public void Fire()
    {
        Due = null;
        act();
    }
}
