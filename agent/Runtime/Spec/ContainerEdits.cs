namespace Edge.Agent.Runtime.Spec;

/// <summary>
/// What a device changes in a container: <c>containerEdits</c> of the Container Device Interface 1.1.
/// </summary>
internal sealed record ContainerEdits
{
    public static ContainerEdits None { get; } = new();

    /// <summary>Each <c>NAME=value</c>; a name that is there is replaced.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<EditedDevice> DeviceNodes { get; init; } = [];

    public IReadOnlyList<EditedNetDevice> NetDevices { get; init; } = [];

    public IReadOnlyList<EditedMount> Mounts { get; init; } = [];

    public IReadOnlyList<EditedHook> Hooks { get; init; } = [];

    public OciIntelRdt? IntelRdt { get; init; }

    /// <summary>Groups of the process; 0 is ignored, as the specification says.</summary>
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    public bool IsEmpty =>
        Env.Count + DeviceNodes.Count + NetDevices.Count + Mounts.Count + Hooks.Count + AdditionalGids.Count == 0
        && IntelRdt is null;

    /// <summary>These first, then those of <paramref name="next"/>.</summary>
    public ContainerEdits Then(ContainerEdits next) => new()
    {
        Env = [.. Env, .. next.Env],
        DeviceNodes = [.. DeviceNodes, .. next.DeviceNodes],
        NetDevices = [.. NetDevices, .. next.NetDevices],
        Mounts = [.. Mounts, .. next.Mounts],
        Hooks = [.. Hooks, .. next.Hooks],
        IntelRdt = next.IntelRdt ?? IntelRdt,
        AdditionalGids = [.. AdditionalGids, .. next.AdditionalGids],
    };
}

/// <summary>
/// A device node at a path of the container, of type <c>b</c>, <c>c</c>, <c>u</c> or <c>p</c>. What is null is as on
/// the host, where it lies at <c>HostPath</c>, or at the same path. Permissions are those of the control group: any of
/// "rwm",
/// <c>none</c>, or null for all.
/// </summary>
internal sealed record EditedDevice(
    string Path,
    string? HostPath = null,
    string? Type = null,
    long? Major = null,
    long? Minor = null,
    uint? FileMode = null,
    string? Permissions = null,
    uint? Uid = null,
    uint? Gid = null);

/// <summary>A network interface of the host that moves into the container under a name.</summary>
internal sealed record EditedNetDevice(string HostInterfaceName, string Name);

/// <summary>A mount; <paramref name="Type"/> is null for a bind mount.</summary>
internal sealed record EditedMount(
    string HostPath, string ContainerPath, string? Type, IReadOnlyList<string> Options);

/// <summary>A program that the OCI runtime runs at a point of the container's life; seconds at most.</summary>
internal sealed record EditedHook(
    string HookName, string Path, IReadOnlyList<string> Args, IReadOnlyList<string> Env, int? Timeout);
