using System.Text.Json;

namespace Edge.Proto.Model;

/// <summary>Keeps equal pods running and rolls changes of them out (apps/v1 Deployment).</summary>
public sealed record Deployment
{
    public string ApiVersion { get => field ?? "apps/v1"; init; }
    public string Kind { get => field ?? "Deployment"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public DeploymentSpec Spec { get => field ??= new(); init; }
    public DeploymentStatus? Status { get; init; }
}

/// <summary>How many pods, and how they are replaced (apps/v1 DeploymentSpec).</summary>
public sealed record DeploymentSpec
{
    public int? Replicas { get; init; }
    public LabelSelector? Selector { get; init; }
    public PodTemplateSpec Template { get => field ??= new(); init; }
    public DeploymentStrategy? Strategy { get; init; }
    public int? MinReadySeconds { get; init; }
    public int? RevisionHistoryLimit { get; init; }
    public bool? Paused { get; init; }
    public int? ProgressDeadlineSeconds { get; init; }
}

/// <summary><c>Recreate</c> or <c>RollingUpdate</c> (apps/v1 DeploymentStrategy).</summary>
public sealed record DeploymentStrategy
{
    public string? Type { get; init; }
    public RollingUpdateDeployment? RollingUpdate { get; init; }
}

/// <summary>Bounds of a rolling update, numbers or percentages (apps/v1 RollingUpdateDeployment).</summary>
public sealed record RollingUpdateDeployment
{
    public IntOrString? MaxUnavailable { get; init; }
    public IntOrString? MaxSurge { get; init; }
}

/// <summary>How far a rollout is (apps/v1 DeploymentStatus).</summary>
public sealed record DeploymentStatus
{
    public long? ObservedGeneration { get; init; }
    public int? Replicas { get; init; }
    public int? UpdatedReplicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public int? UnavailableReplicas { get; init; }
    public int? TerminatingReplicas { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
    public int? CollisionCount { get; init; }
}

/// <summary>Keeps a number of equal pods running (apps/v1 ReplicaSet).</summary>
public sealed record ReplicaSet
{
    public string ApiVersion { get => field ?? "apps/v1"; init; }
    public string Kind { get => field ?? "ReplicaSet"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public ReplicaSetSpec Spec { get => field ??= new(); init; }
    public ReplicaSetStatus? Status { get; init; }
}

/// <summary>How many pods of which kind (apps/v1 ReplicaSetSpec).</summary>
public sealed record ReplicaSetSpec
{
    public int? Replicas { get; init; }
    public int? MinReadySeconds { get; init; }
    public LabelSelector? Selector { get; init; }
    public PodTemplateSpec Template { get => field ??= new(); init; }
}

/// <summary>
/// How many pods are there (apps/v1 ReplicaSetStatus). <c>Replicas</c> is written even when zero, as in Kubernetes.
/// </summary>
public sealed record ReplicaSetStatus
{
    public int Replicas { get; init; }
    public int? FullyLabeledReplicas { get; init; }
    public int? ReadyReplicas { get; init; }
    public int? AvailableReplicas { get; init; }
    public int? TerminatingReplicas { get; init; }
    public long? ObservedGeneration { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
}

/// <summary>One state of another object, kept for going back to it (apps/v1 ControllerRevision).</summary>
public sealed record ControllerRevision
{
    public string ApiVersion { get => field ?? "apps/v1"; init; }
    public string Kind { get => field ?? "ControllerRevision"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public JsonElement? Data { get; init; }
    public long Revision { get; init; }
}
