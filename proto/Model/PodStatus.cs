using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>What is true of a pod (core/v1 PodStatus), written by the agent except before the pod is bound.</summary>
public sealed record PodStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string? Phase { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public string? Message { get; init; }
    public string? Reason { get; init; }
    public string? NominatedNodeName { get; init; }
    public string? HostIP { get; init; }
    public IReadOnlyList<IpAddress>? HostIPs { get; init; }
    public string? PodIP { get; init; }
    public IReadOnlyList<IpAddress>? PodIPs { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public IReadOnlyList<ContainerStatus>? InitContainerStatuses { get; init; }
    public IReadOnlyList<ContainerStatus>? ContainerStatuses { get; init; }
    public IReadOnlyList<ContainerStatus>? EphemeralContainerStatuses { get; init; }
    public string? QosClass { get; init; }
    public long? ObservedGeneration { get; init; }
    public string? Resize { get; init; }
    public JsonElement? ResourceClaimStatuses { get; init; }
}

/// <summary>An address of a pod or its host (core/v1 PodIP, HostIP).</summary>
public sealed record IpAddress
{
    public string Ip { get => field ?? ""; init; }
}

/// <summary>What is true of one container (core/v1 ContainerStatus).</summary>
public sealed record ContainerStatus
{
    public string Name { get => field ?? ""; init; }
    public ContainerState? State { get; init; }
    public ContainerState? LastState { get; init; }
    public bool Ready { get; init; }
    public int RestartCount { get; init; }
    public string Image { get => field ?? ""; init; }
    public string ImageID { get => field ?? ""; init; }
    public string? ContainerID { get; init; }
    public bool? Started { get; init; }
    public IReadOnlyDictionary<string, Quantity>? AllocatedResources { get; init; }
    public ResourceRequirements? Resources { get; init; }
    public JsonElement? VolumeMounts { get; init; }
    public JsonElement? User { get; init; }
    public JsonElement? AllocatedResourcesStatus { get; init; }
    public string? StopSignal { get; init; }
}

/// <summary>Exactly one of the three is set (core/v1 ContainerState).</summary>
public sealed record ContainerState
{
    public ContainerStateWaiting? Waiting { get; init; }
    public ContainerStateRunning? Running { get; init; }
    public ContainerStateTerminated? Terminated { get; init; }
}

/// <summary>Not running yet, and why (core/v1 ContainerStateWaiting).</summary>
public sealed record ContainerStateWaiting
{
    public string? Reason { get; init; }
    public string? Message { get; init; }
}

/// <summary>Running since (core/v1 ContainerStateRunning).</summary>
public sealed record ContainerStateRunning
{
    public DateTimeOffset? StartedAt { get; init; }
}

/// <summary>Ended, and how (core/v1 ContainerStateTerminated).</summary>
public sealed record ContainerStateTerminated
{
    public int ExitCode { get; init; }
    public int? Signal { get; init; }
    public string? Reason { get; init; }
    public string? Message { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public string? ContainerID { get; init; }
}
