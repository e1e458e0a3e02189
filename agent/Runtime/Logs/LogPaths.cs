namespace Edge.Agent.Runtime.Logs;

/// <summary>
/// Where logs and FIFOs of containers live; derived from names only, so that nothing needs remembering.
/// </summary>
internal static class LogPaths
{
    /// <summary>The directory of all logs of one pod; removed with the pod.</summary>
    public static string PodDirectory(string dataDir, string ns, string pod, string uid) =>
        Path.Combine(dataDir, "logs", $"{ns}_{pod}_{uid}");

    /// <summary>The current file; rotated ones carry .1 (newest) and up.</summary>
    public static string LogFile(string dataDir, string ns, string pod, string uid, string container, int attempt) =>
        Path.Combine(PodDirectory(dataDir, ns, pod, uid), container, $"{attempt}.log");

    public static string FifoDirectory(string runDir, string containerId) =>
        Path.Combine(runDir, "fifo", containerId);

    /// <summary>Those of all containers that were made in this boot and are not removed.</summary>
    public static string[] FifoDirectories(string runDir)
    {
        try
        {
            return Directory.GetDirectories(Path.Combine(runDir, "fifo"));
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
