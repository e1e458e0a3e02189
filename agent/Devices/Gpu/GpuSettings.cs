namespace Edge.Agent.Devices.Gpu;

/// <summary>Where drivers and their traces are, and how the agent starts itself to look at them.</summary>
internal sealed record GpuSettings
{
    /// <summary>Below it are the driver's libraries; / for where the loader finds them.</summary>
    public string DriverRoot { get; init; } = "/";

    /// <summary>Below it are /proc, /sys, /dev and /etc; tests have their own.</summary>
    public string SystemRoot { get; init; } = "/";

    /// <summary>This program, and what stands before a child's own arguments.</summary>
    public required IReadOnlyList<string> Program { get; init; }

    /// <summary>
    /// A machine with eight GPUs whose driver is not kept loaded takes some 15 s to wake them; what takes this long
    /// hangs.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);
}
