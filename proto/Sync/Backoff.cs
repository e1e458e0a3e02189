namespace Edge.Proto.Sync;

/// <summary>
/// Decorrelated jitter: each wait is drawn between the base and three times the last one, up to the cap, so that
/// a thousand nodes that lost the same broker do not come back in step.
/// </summary>
public sealed class Backoff(TimeSpan least, TimeSpan most, Random random)
{
    private TimeSpan _last;

    public void Reset() => _last = TimeSpan.Zero;

    public TimeSpan Next()
    {
        var last = _last > least ? _last : least;
        var wait = least + (((last * 3) - least) * random.NextDouble());
        _last = wait < most ? wait : most;
        return _last;
    }
}
