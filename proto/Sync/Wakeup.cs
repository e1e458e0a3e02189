using System.Threading.Channels;

namespace Edge.Proto.Sync;

/// <summary>What a loop sleeps on: a signal that any thread gives, or a time. Several signals are one.</summary>
#pragma warning disable CA1001 // The timer lives as long as the loop's owner, which is the process.
public sealed class Wakeup
#pragma warning restore CA1001
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(1);
    private readonly ITimer _timer;

    public Wakeup(TimeProvider clock) =>
        _timer = clock.CreateTimer(_ => Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Returns after a signal or this time; null waits for a signal only.</summary>
    public async ValueTask Wait(TimeSpan? atMost, CancellationToken cancel)
    {
        _timer.Change(
            atMost is { } most ? Times.Latest(most, TimeSpan.Zero) : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        await _signal.Reader.ReadAsync(cancel);
    }
}
