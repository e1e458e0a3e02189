namespace Edge.Agent.Runtime.Spec;

/// <summary>The part of the OCI runtime specification that the agent writes (config.json, version 1.0.2).</summary>
internal sealed record OciSpec
{
    public string OciVersion { get; init; } = "1.0.2";

    public required OciProcess Process { get; init; }

    public OciRoot Root { get; init; } = new();

    public IReadOnlyList<OciMount> Mounts { get; init; } = [];

    public required OciLinux Linux { get; init; }

    public OciHooks? Hooks { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>The root filesystem; the path is relative to the bundle and given by containerd.</summary>
internal sealed record OciRoot
{
    public string Path { get; init; } = "rootfs";

    public bool Readonly { get; init; }
}

/// <summary>The process; an exec sends it again, changed.</summary>
internal sealed record OciProcess
{
    public bool Terminal { get; init; }

    public OciUser User { get; init; } = new();

    public IReadOnlyList<string> Args { get; init; } = [];

    public IReadOnlyList<string> Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    public OciCapabilities? Capabilities { get; init; }

    public bool NoNewPrivileges { get; init; }

    public int? OomScoreAdj { get; init; }
}

/// <summary>Numeric identity of the process.</summary>
internal sealed record OciUser
{
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public IReadOnlyList<uint>? AdditionalGids { get; init; }
}

/// <summary>Capability sets; inheritable and ambient stay empty, as in Kubernetes.</summary>
internal sealed record OciCapabilities
{
    public IReadOnlyList<string> Bounding { get; init; } = [];

    public IReadOnlyList<string> Effective { get; init; } = [];

    public IReadOnlyList<string> Permitted { get; init; } = [];
}

/// <summary>One mount inside the container.</summary>
internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

/// <summary>Namespaces, resources and protections.</summary>
internal sealed record OciLinux
{
    public IReadOnlyList<OciNamespace> Namespaces { get; init; } = [];

    public required OciResources Resources { get; init; }

    public required string CgroupsPath { get; init; }

    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    public IReadOnlyList<OciDevice>? Devices { get; init; }

    public string? RootfsPropagation { get; init; }

    public OciSeccomp? Seccomp { get; init; }

    /// <summary>By the interface's name on the host (runtime specification 1.3).</summary>
    public IReadOnlyDictionary<string, OciNetDevice>? NetDevices { get; init; }

    public OciIntelRdt? IntelRdt { get; init; }
}

/// <summary>A namespace; with a path it is joined, without it is made.</summary>
internal sealed record OciNamespace(string Type, string? Path = null);

/// <summary>Limits of the container's control group.</summary>
internal sealed record OciResources
{
    public IReadOnlyList<OciDeviceRule> Devices { get; init; } = [];

    public OciMemory? Memory { get; init; }

    public OciCpu? Cpu { get; init; }
}

/// <summary>Bytes; swap counts memory and swap together.</summary>
internal sealed record OciMemory(long Limit, long? Swap);

/// <summary>Quota in microseconds of each period; null is no limit.</summary>
internal sealed record OciCpu(ulong Shares, long? Quota, ulong? Period);

/// <summary>A device node to make in the container.</summary>
internal sealed record OciDevice(
    string Path, string Type, long Major, long Minor, uint? FileMode, uint? Uid, uint? Gid);

/// <summary>Allows or denies device access; null numbers mean all.</summary>
internal sealed record OciDeviceRule(
    bool Allow, string Access, string? Type = null, long? Major = null, long? Minor = null);

/// <summary>A network interface that moves into the container under a name.</summary>
internal sealed record OciNetDevice(string Name);

/// <summary>The container's class of the processor's cache and memory bandwidth (resctrl).</summary>
internal sealed record OciIntelRdt
{
    public string? ClosId { get; init; }

    public IReadOnlyList<string>? Schemata { get; init; }

    public string? L3CacheSchema { get; init; }

    public string? MemBwSchema { get; init; }

    public bool? EnableMonitoring { get; init; }
}

/// <summary>Programs that the runtime runs at points of the container's life, in order.</summary>
internal sealed record OciHooks
{
    public IReadOnlyList<OciHook>? Prestart { get; init; }

    public IReadOnlyList<OciHook>? CreateRuntime { get; init; }

    public IReadOnlyList<OciHook>? CreateContainer { get; init; }

    public IReadOnlyList<OciHook>? StartContainer { get; init; }

    public IReadOnlyList<OciHook>? Poststart { get; init; }

    public IReadOnlyList<OciHook>? Poststop { get; init; }
}

/// <summary>One program; the first argument is its name. Seconds at most; null for no bound.</summary>
internal sealed record OciHook(
    string Path, IReadOnlyList<string>? Args, IReadOnlyList<string>? Env, int? Timeout);
