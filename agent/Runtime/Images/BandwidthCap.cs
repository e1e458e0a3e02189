namespace Edge.Agent.Runtime.Images;

/// <summary>
/// Spaces out the bytes of all pulls together, so that a pull does not take a mobile link from everything else. The
/// debt of one chunk is paid by waiting before the next.
/// </summary>
internal sealed class BandwidthCap(long bytesPerSecondMax, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private DateTimeOffset _freeAt = DateTimeOffset.MinValue;

    public Task Spend(int bytes, CancellationToken token)
    {
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
