namespace Edge.Agent.Runtime;

/// <summary>How the kernel arranges control groups here.</summary>
internal enum CgroupMode
{
    V1,

    /// <summary>Controllers on v1, an empty v2 tree beside them.</summary>
    Hybrid,
    V2,
}

/// <summary>What the node found out about itself at start; each of these made containers fail somewhere.</summary>
internal sealed record RuntimeFacts
{
    public required string ContainerdVersion { get; init; }

    public required string Snapshotter { get; init; }

    /// <summary>Null when the snapshotter is ready, else containerd's reason.</summary>
    public string? SnapshotterError { get; init; }

    public required CgroupMode Cgroups { get; init; }

    public required IReadOnlyList<string> CgroupControllers { get; init; }

    /// <summary>Names like CAP_CHOWN that the agent itself may pass on.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    public required int OomScoreAdj { get; init; }

    public bool AppArmor { get; init; }

    public bool Seccomp { get; init; }

    /// <summary>Whether a swap limit may be set.</summary>
    public bool SwapAccounting { get; init; }

    public long NodeMemoryBytes { get; init; }

    /// <summary>The lowest OOM score that containers may get: below it the kernel wants CAP_SYS_RESOURCE.</summary>
    public int OomScoreFloor => Capabilities.Contains("CAP_SYS_RESOURCE") ? -1000 : OomScoreAdj;

    /// <summary>The directory of containerd's content store, whose filesystem holds the images.</summary>
    public string ContainerdRoot { get; init; } = "";
}

/// <summary>The end of a command run in a container; output is cut at <see cref="ExecOutputBytesMax"/>.</summary>
internal sealed record ExecResult(int ExitCode, string Output, bool TimedOut)
{
    /// <summary>kubelet keeps 10 KiB of a probe's output.</summary>
    public const int ExecOutputBytesMax = 10 * 1024;
}
