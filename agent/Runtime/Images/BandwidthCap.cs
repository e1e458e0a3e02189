namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Spaces out the bytes of all pulls together, so that a pull does not take a mobile link from everything else. The
/// debt of one chunk is paid by waiting before the next.
/// </summary>
internal sealed class BandwidthCap(long bytesPerSecondMax, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private long _spent;
    private DateTimeOffset _freeAt = DateTimeOffset.MinValue;

    /// <summary>All bytes so far.</summary>
    public long Spent => Interlocked.Read(ref _spent);

    public Task Spend(int bytes, CancellationToken token)
    {
        Interlocked.Add(ref _spent, bytes);
        if (bytesPerSecondMax <= 0)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            wait = _freeAt > now ? _freeAt - now : TimeSpan.Zero;
            _freeAt = now + wait + TimeSpan.FromSeconds((double)bytes / bytesPerSecondMax);
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, clock, token) : Task.CompletedTask;
    }
}
