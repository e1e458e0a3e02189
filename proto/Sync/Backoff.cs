namespace Edge.Proto.Sync;

/// <summary>
/// Decorrelated jitter: each wait is drawn between the base and three times the last one, up to the cap, so that
/// a thousand nodes that lost the same broker do not come back in step.
/// </summary>
public sealed class Backoff(TimeSpan least, TimeSpan most, Random random)
{
    private TimeSpan _last;

    public void Reset() => _last = TimeSpan.Zero;

    public TimeSpan Next() => Next(TimeSpan.Zero);

    /// <summary>
    /// The next wait of one of many who wait for the same: the first is drawn over the spread and no later one is
    /// shorter, so that at no time, however long the outage, more of them come than the spread allows.
    /// </summary>
    public TimeSpan Next(TimeSpan spread)
    {
        var wait = _last == TimeSpan.Zero
            ? least + (Times.Latest(least * 2, spread) * random.NextDouble())
            : Later(Times.Latest(least, spread));
        _last = Times.Least(wait, most);
        return _last;
    }

    private TimeSpan Later(TimeSpan shortest) =>
        shortest + (((Times.Latest(_last, shortest) * 3) - shortest) * random.NextDouble());
}
