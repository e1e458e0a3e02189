namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// What the NVIDIA driver of a node has installed for programs in containers; every path is one of the host, below
/// one of its two roots.
/// </summary>
internal sealed record NvidiaDriver
{
    /// <summary>
    /// Below it the host has libraries, programs and firmware; empty for /. A container has them where they would be
    /// without it.
    /// </summary>
    public string DriverRoot { get; init; } = "";

    /// <summary>The same for devices, sockets and the hook.</summary>
    public string SystemRoot { get; init; } = "";

    /// <summary>Of the loaded kernel module, such as <c>570.86.15</c>.</summary>
    public required string Version { get; init; }

    public IReadOnlyList<DriverLibrary> Libraries { get; init; } = [];

    public IReadOnlyList<string> Programs { get; init; } = [];

    public IReadOnlyList<string> Firmware { get; init; } = [];

    /// <summary>Sockets of the driver's daemons.</summary>
    public IReadOnlyList<string> Sockets { get; init; } = [];

    /// <summary>Device nodes that every container with a GPU needs.</summary>
    public IReadOnlyList<string> ControlNodes { get; init; } = [];

    /// <summary>By the PCI address of a GPU, its nodes of the direct rendering manager.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> DriNodes { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>By its name in <c>/proc/driver/nvidia-caps/mig-minors</c>, the minor of an access node.</summary>
    public IReadOnlyDictionary<string, int> MigMinors { get; init; } = new Dictionary<string, int>();

    /// <summary>The path of <c>nvidia-cdi-hook</c>; null where the container toolkit is not installed.</summary>
    public string? Hook { get; init; }
}

/// <summary>A library and the names beside it that lead to it, such as <c>libcuda.so.1</c>.</summary>
internal sealed record DriverLibrary(string Path, IReadOnlyList<string> Links);

/// <summary>
/// A GPU as its containers see it: NVML's index of this boot, the minor of its device node, the PCI address as sysfs
/// writes it (null where it has none).
/// </summary>
internal sealed record NvidiaGpu(
    int Index, string Uuid, int Minor, string? PciAddress, IReadOnlyList<NvidiaMigDevice> MigDevices);

/// <summary>A part of a GPU: a compute instance within a GPU instance.</summary>
internal sealed record NvidiaMigDevice(int Index, string Uuid, int GpuInstance, int ComputeInstance);
