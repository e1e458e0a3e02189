using Microsoft.Extensions.Logging;

namespace Edge.Server;

/// <summary>
/// Runs the server's loops side by side. None may end before the process: the first that does ends all.
/// </summary>
internal static partial class Loops
{
    /// <summary>Returns when cancelled and all loops have ended; throws what ended a loop otherwise.</summary>
    public static async Task Run(ILogger log, IReadOnlyList<Func<CancellationToken, Task>> loops, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var running = loops.Select(loop => Task.Run(() => loop(stop.Token), CancellationToken.None)).ToList();
        Ready(log);
        var first = await Task.WhenAny(running);
        await stop.CancelAsync();
        await Task.WhenAll(running).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        if (!ct.IsCancellationRequested)
        {
            await first;
            throw new InvalidOperationException("a loop of the server ended by itself");
        }

        Stopped(log);
    }

    [LoggerMessage(1901, LogLevel.Information, "edge-server is ready")]
    private static partial void Ready(ILogger log);

    [LoggerMessage(1902, LogLevel.Information, "edge-server has stopped")]
    private static partial void Stopped(ILogger log);
}
