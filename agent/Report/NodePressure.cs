namespace Edge.Agent.Report;

/// <summary>What is scarce on the node now.</summary>
internal sealed record NodePressure(bool Memory, bool Disk, bool Pids)
{
    /// <summary>The kubelet's default for <c>memory.available</c>.</summary>
    private const long MemoryAvailableMin = 100L * 1024 * 1024;

    /// <summary>The kubelet's default for <c>nodefs.available</c>: 10 %.</summary>
    private const double DiskFreeMin = 0.10;

    /// <summary>Above this share of all process ids a fork may fail at any moment.</summary>
    private const double PidsUsedMax = 0.95;

    public static NodePressure Read(string dataDir)
    {
        var drive = new DriveInfo(dataDir);
        return new NodePressure(
            NodeInventory.MemInfo("MemAvailable") < MemoryAvailableMin,
            drive.AvailableFreeSpace < drive.TotalSize * DiskFreeMin,
            Processes() > PidsUsedMax * long.Parse(NodeInventory.Text("/proc/sys/kernel/pid_max")));
    }

    /// <summary>The fourth field of loadavg is running/all.</summary>
    private static long Processes() => long.Parse(NodeInventory.Text("/proc/loadavg").Split(' ')[3].Split('/')[1]);
}
