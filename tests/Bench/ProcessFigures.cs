using System.Globalization;

namespace Edge.Tests.Bench;

/// <summary>What the kernel says about a process: memory and bytes written, both in bytes.</summary>
internal static class ProcessFigures
{
    /// <summary>Proportional set size: shared pages count by share, so that a sum over processes is honest.</summary>
    public static long Pss(int pid) => 1024 * Field($"/proc/{pid}/smaps_rollup", "Pss:");

    /// <summary>Memory that it has written to and shares with nobody, without what it reads of its own files.</summary>
    public static long PrivateDirty(int pid) => 1024 * Field($"/proc/{pid}/smaps_rollup", "Private_Dirty:");

    /// <summary>Bytes this process caused to be sent to storage since it started.</summary>
    public static long BytesToDisk(int pid) => Field($"/proc/{pid}/io", "write_bytes:");

    /// <summary>CPU time used since the start, user and system.</summary>
    public static TimeSpan Cpu(int pid)
    {
        const int TicksPerSecond = 100;
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    private static long Field(string file, string name)
    {
        var line = File.ReadLines(file).First(text => text.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(
            line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }
}
