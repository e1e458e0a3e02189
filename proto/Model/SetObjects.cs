using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>Numbered pods, each with a name and storage of its own (apps/v1 StatefulSet).</summary>
public sealed record StatefulSet
{
    public string ApiVersion { get => field ?? "apps/v1"; init; }
    public string Kind { get => field ?? "StatefulSet"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public StatefulSetSpec Spec { get => field ??= new(); init; }
    public StatefulSetStatus? Status { get; init; }
}

/// <summary>
/// How many pods, with which storage, and how they are replaced (apps/v1 StatefulSetSpec). The claims' templates stay
/// as they were written, because they are copied into claims.
/// </summary>
public sealed record StatefulSetSpec
{
    public int? Replicas { get; init; }
    public LabelSelector? Selector { get; init; }
    public PodTemplateSpec Template { get => field ??= new(); init; }
    public IReadOnlyList<JsonElement>? VolumeClaimTemplates { get; init; }
    public string ServiceName { get => field ?? ""; init; }
    public string? PodManagementPolicy { get; init; }
    public StatefulSetUpdateStrategy? UpdateStrategy { get; init; }
    public int? RevisionHistoryLimit { get; init; }
    public int? MinReadySeconds { get; init; }
    public StatefulSetPersistentVolumeClaimRetentionPolicy? PersistentVolumeClaimRetentionPolicy { get; init; }
    public StatefulSetOrdinals? Ordinals { get; init; }
}

/// <summary><c>RollingUpdate</c> or <c>OnDelete</c> (apps/v1 StatefulSetUpdateStrategy).</summary>
public sealed record StatefulSetUpdateStrategy
{
    public string? Type { get; init; }
    public RollingUpdateStatefulSetStrategy? RollingUpdate { get; init; }
}

/// <summary>Bounds of a rolling update (apps/v1 RollingUpdateStatefulSetStrategy).</summary>
public sealed record RollingUpdateStatefulSetStrategy
{
    /// <summary>Pods with a smaller ordinal are not updated.</summary>
    public int? Partition { get; init; }
    public IntOrString? MaxUnavailable { get; init; }
}

/// <summary>
/// <c>Retain</c> or <c>Delete</c> claims (apps/v1 StatefulSetPersistentVolumeClaimRetentionPolicy).
/// </summary>
public sealed record StatefulSetPersistentVolumeClaimRetentionPolicy
{
    public string? WhenDeleted { get; init; }
    public string? WhenScaled { get; init; }
}

/// <summary>How the pods are numbered (apps/v1 StatefulSetOrdinals).</summary>
public sealed record StatefulSetOrdinals
{
    public int Start { get; init; }
}

/// <summary>
/// Pods of the current and of the new revision (apps/v1 StatefulSetStatus). <c>Replicas</c> and
/// <c>AvailableReplicas</c> are written even when zero, as in Kubernetes.
/// </summary>
public sealed record StatefulSetStatus
{
    public long? ObservedGeneration { get; init; }
    public int Replicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? CurrentReplicas { get; init; }
    public int? UpdatedReplicas { get; init; }
    public string? CurrentRevision { get; init; }
    public string? UpdateRevision { get; init; }
    public int? CollisionCount { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public int AvailableReplicas { get; init; }
}

/// <summary>One pod on each node that it is meant for (apps/v1 DaemonSet).</summary>
public sealed record DaemonSet
{
    public string ApiVersion { get => field ?? "apps/v1"; init; }
    public string Kind { get => field ?? "DaemonSet"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public DaemonSetSpec Spec { get => field ??= new(); init; }
    public DaemonSetStatus? Status { get; init; }
}

/// <summary>Which pods, and how they are replaced (apps/v1 DaemonSetSpec).</summary>
public sealed record DaemonSetSpec
{
    public LabelSelector? Selector { get; init; }
    public PodTemplateSpec Template { get => field ??= new(); init; }
    public DaemonSetUpdateStrategy? UpdateStrategy { get; init; }
    public int? MinReadySeconds { get; init; }
    public int? RevisionHistoryLimit { get; init; }
}

/// <summary><c>RollingUpdate</c> or <c>OnDelete</c> (apps/v1 DaemonSetUpdateStrategy).</summary>
public sealed record DaemonSetUpdateStrategy
{
    public string? Type { get; init; }
    public RollingUpdateDaemonSet? RollingUpdate { get; init; }
}

/// <summary>Bounds of a rolling update, numbers or percentages (apps/v1 RollingUpdateDaemonSet).</summary>
public sealed record RollingUpdateDaemonSet
{
    public IntOrString? MaxUnavailable { get; init; }
    public IntOrString? MaxSurge { get; init; }
}

/// <summary>
/// Nodes by what they run (apps/v1 DaemonSetStatus). The first four counts are written even when zero.
/// </summary>
public sealed record DaemonSetStatus
{
    public int CurrentNumberScheduled { get; init; }
    public int NumberMisscheduled { get; init; }
    public int DesiredNumberScheduled { get; init; }
    public int NumberReady { get; init; }
    public long? ObservedGeneration { get; init; }
    public int? UpdatedNumberScheduled { get; init; }
    public int? NumberAvailable { get; init; }
    public int? NumberUnavailable { get; init; }
    public int? CollisionCount { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
}
