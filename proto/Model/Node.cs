using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>A machine that runs pods (core/v1 Node).</summary>
public sealed record Node
{
    public string ApiVersion { get => field ?? "v1"; init; }
    public string Kind { get => field ?? "Node"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public NodeSpec? Spec { get; init; }
    public NodeStatus? Status { get; init; }
}

/// <summary>What a person or the server decided about a node (core/v1 NodeSpec).</summary>
public sealed record NodeSpec
{
    public string? PodCIDR { get; init; }
    public IReadOnlyList<string>? PodCIDRs { get; init; }
    public string? ProviderID { get; init; }
    public bool? Unschedulable { get; init; }
    public IReadOnlyList<Taint>? Taints { get; init; }
    public string? ExternalID { get; init; }
    public JsonElement? ConfigSource { get; init; }
}

/// <summary>What is true of a node (core/v1 NodeStatus).</summary>
public sealed record NodeStatus
{
    public IReadOnlyDictionary<string, Quantity>? Capacity { get; init; }
    public IReadOnlyDictionary<string, Quantity>? Allocatable { get; init; }
    public string? Phase { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public IReadOnlyList<NodeAddress>? Addresses { get; init; }
    public JsonElement? DaemonEndpoints { get; init; }
    public NodeSystemInfo? NodeInfo { get; init; }
    public IReadOnlyList<ContainerImage>? Images { get; init; }
    public IReadOnlyList<string>? VolumesInUse { get; init; }
    public JsonElement? VolumesAttached { get; init; }
    public JsonElement? RuntimeHandlers { get; init; }
    public JsonElement? Config { get; init; }
    public JsonElement? Features { get; init; }
}

/// <summary>An address of a node: type InternalIP, ExternalIP, Hostname (core/v1 NodeAddress).</summary>
public sealed record NodeAddress
{
    public string Type { get => field ?? ""; init; }
    public string Address { get => field ?? ""; init; }
}

/// <summary>Facts about a node's software (core/v1 NodeSystemInfo).</summary>
public sealed record NodeSystemInfo
{
    public string MachineID { get => field ?? ""; init; }
    public string SystemUUID { get => field ?? ""; init; }
    public string BootID { get => field ?? ""; init; }
    public string KernelVersion { get => field ?? ""; init; }
    public string OsImage { get => field ?? ""; init; }
    public string ContainerRuntimeVersion { get => field ?? ""; init; }
    public string KubeletVersion { get => field ?? ""; init; }
    public string KubeProxyVersion { get => field ?? ""; init; }
    public string OperatingSystem { get => field ?? ""; init; }
    public string Architecture { get => field ?? ""; init; }
}

/// <summary>An image on a node, size in bytes (core/v1 ContainerImage).</summary>
public sealed record ContainerImage
{
    public IReadOnlyList<string>? Names { get; init; }
    public long? SizeBytes { get; init; }
}
