using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// <c>edge-agent drain</c>: what stands in for an agent that cannot start. It empties the FIFOs of the containers that
/// run into their log files, so that none ever stalls, and does nothing else. It needs neither settings, ledger nor
/// containerd, and yields as soon as an agent comes.
/// </summary>
internal static class OutputDrain
{
    /// <summary>Until cancelled. 0 also when there is nothing for it to do, because somebody drains already.</summary>
    public static async Task<int> Run(string runDir, TimeProvider clock, ILogger log, CancellationToken token)
    {
        if (!Directory.Exists(runDir) || OutputTurn.TryTakeForDrain(runDir) is not { } turn)
        {
            return 0;
        }

        using (turn)
        {
            using var logs = new ContainerLogs(clock, log);
            logs.AttachLeft(runDir, new RuntimeSettings());
            RuntimeLog.Draining(log, logs.Count);
            // What is in the FIFOs at the end stays there for who comes next.
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return 0;
    }
}
