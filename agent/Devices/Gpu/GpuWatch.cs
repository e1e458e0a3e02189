using System.ComponentModel;
using System.Diagnostics;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// Hears what happens to GPUs from a child process that waits in the driver, so that the agent itself never calls it.
/// The child is begun again when it ends, unless there is nothing to hear.
/// </summary>
internal sealed class GpuWatch(GpuSettings settings, TimeProvider clock, Random random, ILogger logger)
{
    private static readonly TimeSpan RetryLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryMost = TimeSpan.FromMinutes(5);

    /// <summary>One that waited this long did not fail for the reason that the one before it did.</summary>
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(10);

    /// <param name="listening">Nothing is missed from here on: what was before, a look finds.</param>
    /// <param name="happened">In the order in which the driver said it.</param>
    /// <param name="ended">The child ended, which a broken device may have done to it.</param>
    /// <param name="cancellation">Ends the child too.</param>
    public async Task Run(
        Action listening, Action<GpuEvent> happened, Action ended, CancellationToken cancellation)
    {
        var backoff = new Backoff(RetryLeast, RetryMost, random);
        while (true)
        {
            var began = clock.GetTimestamp();
            if (await Listen(listening, happened, cancellation) is not { } reason)
            {
                GpuLog.NothingToHear(logger);
                return;
            }

            if (clock.GetElapsedTime(began) >= SteadyAfter)
            {
                backoff.Reset();
            }

            var wait = backoff.Next();
            GpuLog.WatchEnded(logger, reason, wait);
            ended();
            await Task.Delay(wait, clock, cancellation);
        }
    }

    /// <summary>Why it ended; null when no GPU has events.</summary>
    private async Task<string?> Listen(
        Action listening, Action<GpuEvent> happened, CancellationToken cancellation)
    {
        try
        {
            using var process = Process.Start(
                Child.Of(settings, [GpuChild.Events, settings.DriverRoot, GpuChild.OwnId]))!;
            using var output = process.StandardOutput;
            try
            {
                while (await output.ReadLineAsync(cancellation) is { } line)
                {
                    if (line == GpuChild.Ready)
                    {
                        listening();
                    }
                    else if (GpuEvent.Parse(line) is { } said)
                    {
                        happened(said);
                    }
                }

                await process.WaitForExitAsync(cancellation);
                return process.ExitCode == GpuChild.NothingToHear ? null : $"it ended with {process.ExitCode}";
            }
            finally
            {
                process.Kill();
            }
        }
        catch (Win32Exception failure)
        {
            return failure.Message;
        }
    }
}
