using Microsoft.Extensions.Logging;

namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// What `edge-agent drain` does while the agent cannot start: empties all FIFOs, so that no container stalls on its
/// output. It asks nobody, not even containerd, and keeps only the newest output.
/// </summary>
internal static class LogDrain
{
    /// <summary>Enough to see why something failed; the agent's own logs go on afterwards.</summary>
    private const long KeptBytesMax = 1024 * 1024;

    public static async Task Run(RuntimeSettings settings, TimeProvider clock, ILogger log, CancellationToken token)
    {
        using var logs = new ContainerLogs(clock, log);
        var root = Path.GetDirectoryName(LogPaths.FifoDirectory(settings.RunDir, "id"))!;
        foreach (var directory in Directory.Exists(root) ? Directory.GetDirectories(root) : [])
        {
            var id = Path.GetFileName(directory);
            var kept = Path.Combine(settings.DataDir, "logs", "drained", $"{id}.log");
            logs.Attach(id, directory, new LogFile(kept, KeptBytesMax, filesMax: 1));
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, clock, token);
    }
}
