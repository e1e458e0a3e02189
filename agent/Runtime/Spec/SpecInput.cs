namespace Edge.Agent.Runtime.Spec;

/// <summary>A request together with what was found out about image and node.</summary>
internal sealed record SpecInput
{
    public required ContainerRequest Request { get; init; }

    public required ResolvedUser User { get; init; }

    public required string CgroupRoot { get; init; }

    /// <summary>The capabilities that the node itself has.</summary>
    public IReadOnlyList<string> NodeCapabilities { get; init; } = CapabilityPlan.All;

    /// <summary>The lowest OOM score that may be set here.</summary>
    public int OomScoreFloor { get; init; } = -1000;

    public long NodeMemoryBytes { get; init; }

    public CgroupMode Cgroups { get; init; } = CgroupMode.V2;

    /// <summary>Whether the kernel counts swap; a swap limit fails the container where it does not.</summary>
    public bool SwapAccounting { get; init; }

    /// <summary>A process whose process namespace is joined; null for a new one.</summary>
    public int? TargetPid { get; init; }

    public IReadOnlyList<OciDevice> Devices { get; init; } = [];

    public bool Privileged => Request.Container.SecurityContext?.Privileged == true;

    public bool ReadOnlyRoot => Request.Container.SecurityContext?.ReadOnlyRootFilesystem == true;
}

/// <summary>Who the process is, in numbers.</summary>
internal sealed record ResolvedUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids);
