namespace Edge.Proto.Model;

/// <summary>
/// The GPUs of a node and how they are. The agent reports it under <see cref="ReportKey"/>, without readings, when
/// something of it changes; <see cref="GpuJson"/> is its form on every way.
/// </summary>
public sealed record GpuInventory
{
    public const string ReportKey = "devices/gpu";

    /// <summary>
    /// A stream whose answer is the inventory with readings, at most <see cref="BytesMax"/> long; the request has no
    /// payload.
    /// </summary>
    public const string StreamKind = "gpus";

    /// <summary>More than 64 GPUs take.</summary>
    public const int BytesMax = 1024 * 1024;

    /// <summary>Of a Node, where the server keeps it for who places pods.</summary>
    public const string Annotation = "edge/gpus";

    /// <summary>More than any machine has; what says more is not believed.</summary>
    public const int DevicesMax = 64;

    /// <summary>The strategy with which nothing is given of a GPU that is partitioned.</summary>
    public const string NoParts = "none";

    /// <summary>Neither GPUs nor a reason to think that there should be some.</summary>
    public static GpuInventory None { get; } = new();

    /// <summary>The driver's version, such as <c>550.54.15</c>.</summary>
    public string? Driver { get; init; }

    /// <summary>The newest CUDA that the driver knows, such as <c>12.4</c>.</summary>
    public string? Cuda { get; init; }

    /// <summary>The machine's product name as its firmware has it.</summary>
    public string? Machine { get; init; }

    /// <summary>Why the driver as a whole does not serve; null when it does, and when there is none.</summary>
    public GpuProblem? Problem { get; init; }

    /// <summary>By index. A device that was seen once stays until the machine restarts.</summary>
    public IReadOnlyList<GpuDevice> Devices { get => field ?? []; init; }

    /// <summary>
    /// <c>none</c>, <c>single</c> or <c>mixed</c>, as the device plugin's documents say what becomes of GPUs that are
    /// partitioned; null where nobody says it: their parts are given by their profiles.
    /// </summary>
    public string? MigStrategy { get; init; }

    /// <summary>Of what is shared a container gets one share (<c>failRequestsGreaterThanOne</c>).</summary>
    public bool GivesOneShare { get; init; }

    /// <summary>
    /// What pods may be given of it, one by one: whole GPUs, and the parts of those that are partitioned.
    /// </summary>
    public IReadOnlyList<GpuOffer> Offers
    {
        get
        {
            var offers = new List<GpuOffer>();
            for (var board = 0; board < Devices.Count; board++)
            {
                Devices[board].Offer(board, MigStrategy != NoParts, offers);
            }

            return offers;
        }
    }

    /// <summary>Those that may be given to pods.</summary>
    public int Healthy
    {
        get
        {
            var healthy = 0;
            foreach (var device in Devices)
            {
                healthy += device.Unhealthy is null ? 1 : 0;
            }

            return healthy;
        }
    }

    /// <summary>
    /// The GPU that a pod has, of which it has a part, or of both a share: also what is not offered any more.
    /// </summary>
    public GpuDevice? Of(string id)
    {
        var whole = DeviceShare.DeviceOf(id);
        foreach (var device in Devices)
        {
            if (device.Uuid == whole)
            {
                return device;
            }

            foreach (var part in device.Instances)
            {
                if (part.Uuid == whole)
                {
                    return device;
                }
            }
        }

        return null;
    }
}

/// <summary>
/// A device that pods ask for by its resource: the position of the GPU that it is, or is a part of, how many may have
/// it at once, and why it is not given (null while it is well).
/// </summary>
public sealed record GpuOffer(string Id, string Resource, int Board, int Shares, string? Unhealthy)
{
    /// <summary>
    /// Its own memory, of which its shares have parts; null when it does not say, and when it is the system's, which is
    /// counted there.
    /// </summary>
    public long? MemoryMebibytes { get; init; }
}

/// <summary>One word for a condition's reason, and its message.</summary>
public sealed record GpuProblem(string Reason, string Message);

/// <summary>A GPU. What the driver does not say is null, never 0.</summary>
public sealed record GpuDevice
{
    /// <summary>The resource of a whole GPU.</summary>
    public const string Gpu = "nvidia.com/gpu";

    /// <summary>
    /// Mebibytes of a GPU's memory, by HAMi's name: a container says how much of each of its devices it will use. It is
    /// counted when a pod is placed, and nothing holds the container to it.
    /// </summary>
    public const string Memory = "nvidia.com/gpumem";

    /// <summary>
    /// Begins the reason why a device is out that an event took out. Looks cannot see what it was, so such a device
    /// comes back only when its driver also says that nothing needs to be done.
    /// </summary>
    public const string OfXid = "XID ";

    /// <summary>The one GPU of a Jetson, whatever its driver calls it: that changes with the release.</summary>
    public const string TegraId = "tegra";

    /// <summary>
    /// NVML's UUID, <c>GPU-…</c>; what a pod's devices are told apart by. An index changes with a boot.
    /// </summary>
    public string Uuid { get => field ?? ""; init; }

    /// <summary>
    /// What pods ask for to get it; null for <see cref="Gpu"/>. One that is partitioned is not given.
    /// </summary>
    public string? Resource { get; init; }

    /// <summary>How many may have it at once, in turns; null for one.</summary>
    public int? Shares { get; init; }

    /// <summary>The driver's index of this boot.</summary>
    public int Index { get; init; }

    /// <summary>N of /dev/nvidiaN.</summary>
    public int? Minor { get; init; }

    public string? Product { get; init; }

    /// <summary>As the kernel writes it: <c>0000:19:00.0</c>.</summary>
    public string? Bus { get; init; }

    /// <summary>PCI's class, such as <c>0x030200</c>.</summary>
    public string? Class { get; init; }

    public int? Numa { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>Its memory is the system's and must not be counted beside it.</summary>
    public bool SharesMemory { get; init; }

    /// <summary>Part of a GPU that a hypervisor shares out.</summary>
    public bool IsVirtual { get; init; }

    /// <summary>CUDA's compute capability, such as <c>9.0</c>.</summary>
    public string? Compute { get; init; }

    /// <summary>Null of a GPU that cannot be partitioned.</summary>
    public bool? MigEnabled { get; init; }

    public IReadOnlyList<MigInstance> Instances { get => field ?? []; init; }

    /// <summary>
    /// To each device of the inventory, by position, NVML's level of the nearest common ancestor: 0 the same board, 10
    /// one PCIe switch, 20 several, 30 one host bridge, 40 one NUMA node, 50 across; -1 not known. Empty of a single
    /// GPU.
    /// </summary>
    public IReadOnlyList<int> Distances { get => field ?? []; init; }

    /// <summary>To each device, by position, the NVLinks between; through a switch as many as the fewer has.</summary>
    public IReadOnlyList<int> NvLinks { get => field ?? []; init; }

    /// <summary>Why it is not given to pods; null while it is well.</summary>
    public string? Unhealthy { get; init; }

    /// <summary>Not reported: they change all the time.</summary>
    public GpuReadings? Readings { get; init; }

    internal void Offer(int board, bool inParts, List<GpuOffer> offers)
    {
        if (MigEnabled != true)
        {
            offers.Add(new GpuOffer(Uuid, Resource ?? Gpu, board, Math.Max(1, Shares ?? 1), Unhealthy)
            {
                MemoryMebibytes = SharesMemory ? null : MemoryBytes >> 20,
            });
        }

        if (inParts)
        {
            foreach (var part in Instances)
            {
                offers.Add(new GpuOffer(
                    part.Uuid, part.Resource ?? MigInstance.ResourceOf(part.Profile), board,
                    Math.Max(1, part.Shares ?? 1), Unhealthy)
                {
                    MemoryMebibytes = part.MemoryBytes >> 20,
                });
            }
        }
    }
}

/// <summary>A MIG device: a compute instance in a GPU instance.</summary>
public sealed record MigInstance
{
    public string Uuid { get => field ?? ""; init; }

    /// <summary>Such as <c>1g.10gb</c>.</summary>
    public string Profile { get => field ?? ""; init; }

    /// <summary>What pods ask for to get it; null for that of its profile.</summary>
    public string? Resource { get; init; }

    /// <summary>How many may have it at once, in turns; null for one.</summary>
    public int? Shares { get; init; }

    /// <summary>The device plugin's name for a profile; <c>+</c> may not stand in a resource's.</summary>
    public static string ResourceOf(string profile) =>
        $"nvidia.com/mig-{profile.Replace('+', '.')}";

    public int GpuInstance { get; init; }

    public int ComputeInstance { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>Null when the driver does not say it.</summary>
    public MigShape? Shape { get; init; }
}

/// <summary>What a MIG device has of its GPU (NVML's nvmlDeviceAttributes_t); the engines may be shared.</summary>
public sealed record MigShape
{
    public int Multiprocessors { get; init; }
    public int GpuSlices { get; init; }
    public int ComputeSlices { get; init; }
    public int CopyEngines { get; init; }
    public int Decoders { get; init; }
    public int Encoders { get; init; }
    public int JpegEngines { get; init; }
    public int OpticalFlowEngines { get; init; }
}

/// <summary>What a GPU says of the moment; null what it does not say.</summary>
public sealed record GpuReadings
{
    public long? MemoryUsedBytes { get; init; }
    public long? MemoryFreeBytes { get; init; }
    public long? MemoryReservedBytes { get; init; }

    /// <summary>Percent of the time in which a kernel ran.</summary>
    public int? Load { get; init; }

    /// <summary>Percent of the time in which memory was read or written.</summary>
    public int? MemoryLoad { get; init; }

    public int? Celsius { get; init; }
    public long? Milliwatts { get; init; }
    public long? LimitMilliwatts { get; init; }
    public long? Millijoules { get; init; }
    public bool? Ecc { get; init; }

    /// <summary>Uncorrected, since the driver was loaded.</summary>
    public long? EccErrors { get; init; }

    /// <summary>
    /// What the driver wants done: 0 nothing, 1 a reset, 2 a reboot, more with other GPUs (field 230).
    /// </summary>
    public int? Recovery { get; init; }

    public int? SmMegahertz { get; init; }
    public int? MemoryMegahertz { get; init; }
    public int? MemoryCelsius { get; init; }

    /// <summary>Percent of the time in which video was encoded, and decoded.</summary>
    public int? EncoderLoad { get; init; }
    public int? DecoderLoad { get; init; }

    /// <summary>Messages on the bus that were sent again.</summary>
    public int? BusReplays { get; init; }

    /// <summary>
    /// Rows of memory that others stand in for, after errors that were corrected and such that were not.
    /// </summary>
    public int? CorrectedRows { get; init; }
    public int? UncorrectedRows { get; init; }

    /// <summary>1 where no other row could stand in.</summary>
    public int? FailedRows { get; init; }

    /// <summary>The last one that its agent heard; null when it heard none.</summary>
    public long? Xid { get; init; }
}
