using System.Globalization;
using Edge.Agent.Runtime.Spec;

namespace Edge.Agent.Report.Usage;

/// <summary>
/// Reads what a container has used from the kernel's files, of control groups version 1 (also hybrid) and 2.
/// </summary>
/// <param name="mount">Where the kernel shows control groups, <c>/sys/fs/cgroup</c>.</param>
/// <param name="podsRoot">The parent of the pods' groups.</param>
internal sealed class CgroupReader(string mount, string podsRoot)
{
    private const long NanosecondsPerMicrosecond = 1000;

    private readonly bool _unified = File.Exists(Path.Combine(mount, "cgroup.controllers"));

    /// <summary>Null when the container has no group, because it does not run.</summary>
    public Counters? Read(string podUid, string containerId)
    {
        // Which class the pod is in costs reading its spec; looking at three places costs nothing.
        foreach (var qos in Enum.GetValues<PodQos>())
        {
            var path = $"{ResourcePlan.PodCgroup(podsRoot, qos, podUid)}/{containerId}";
            if ((_unified ? Unified(path) : Divided(path)) is { } counters)
            {
                return counters;
            }
        }

        return null;
    }

    /// <summary>
    /// Bytes that all pods wrote to disks, those that are gone included; null where the kernel does not count them.
    /// </summary>
    public long? BytesWritten()
    {
        if (!_unified || Text(podsRoot, "io.stat") is not { } text)
        {
            return null;
        }

        var sum = 0L;
        foreach (var word in text.Split([' ', '\n']))
        {
            sum += word.StartsWith("wbytes=", StringComparison.Ordinal) ? Number(word["wbytes=".Length..]) : 0;
        }

        return sum;
    }

    private Counters? Unified(string path) =>
        Text(path, "memory.current") is { } memory
            && Field(Text(path, "cpu.stat"), "usage_usec") is { } cpu
            && Field(Text(path, "memory.stat"), "inactive_file") is { } inactive
            ? Of(cpu * NanosecondsPerMicrosecond, Number(memory), inactive)
            : null;

    /// <summary>A node may have cpu and cpuacct in one hierarchy or in two; memory of children counts too.</summary>
    private Counters? Divided(string path) =>
        Text("/memory" + path, "memory.usage_in_bytes") is { } memory
            && (Text("/cpuacct" + path, "cpuacct.usage") ?? Text("/cpu,cpuacct" + path, "cpuacct.usage")) is { } cpu
            && Field(Text("/memory" + path, "memory.stat"), "total_inactive_file") is { } inactive
            ? Of(Number(cpu), Number(memory), inactive)
            : null;

    private static Counters Of(long cpu, long memory, long inactive) => new(cpu, Math.Max(0, memory - inactive));

    /// <summary>Null when the group is not there, or goes while it is read.</summary>
    private string? Text(string path, string file)
    {
        var name = $"{mount}{path}/{file}";
        try
        {
            return File.Exists(name) ? File.ReadAllText(name) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) =>
        long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    /// <summary>The number behind a name at the start of a line.</summary>
    private static long? Field(string? text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > name.Length && line[name.Length] == ' ' && line.StartsWith(name)
                && long.TryParse(
                    line[(name.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }

        return null;
    }
}

/// <summary>What was used: time on processors since the start, memory (the working set) now.</summary>
internal readonly record struct Counters(long CpuNanoseconds, long MemoryBytes);
