using System.Globalization;

namespace Edge.Agent.Report.Usage;

/// <summary>Reads what the whole machine has used, as <c>proc</c> shows it.</summary>
/// <param name="proc">Where the kernel shows it, <c>/proc</c>.</param>
internal sealed class MachineReader(string proc)
{
    /// <summary>The kernel counts in hundredths of a second (USER_HZ) on all machines that .NET runs on.</summary>
    private const long NanosecondsPerTick = 10_000_000;

    private const long BytesPerKibibyte = 1024;

    public Counters Read() => new(Cpu() * NanosecondsPerTick, Memory() * BytesPerKibibyte);

    /// <summary>User, nice, system, irq and softirq; not idle, iowait and what a host took.</summary>
    private long Cpu()
    {
        foreach (var line in File.ReadLines(Path.Combine(proc, "stat")))
        {
            if (line.StartsWith("cpu ", StringComparison.Ordinal))
            {
                var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return Number(ticks, 1) + Number(ticks, 2) + Number(ticks, 3) + Number(ticks, 6) + Number(ticks, 7);
            }
        }

        return 0;
    }

    /// <summary>As the kubelet counts a machine's working set: all but what is free and inactive file pages.</summary>
    private long Memory()
    {
        long used = 0;
        foreach (var line in File.ReadLines(Path.Combine(proc, "meminfo")))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            used += fields[0] switch
            {
                "MemTotal:" => Number(fields, 1),
                "MemFree:" or "Inactive(file):" => -Number(fields, 1),
                _ => 0,
            };
        }

        return Math.Max(0, used);
    }

    private static long Number(string[] fields, int at) =>
        at < fields.Length && long.TryParse(fields[at], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : 0;
}
