namespace Edge.Proto.Model;

/// <summary>How many pods of a set may be evicted at a time (policy/v1 PodDisruptionBudget).</summary>
public sealed record PodDisruptionBudget
{
    public string ApiVersion { get => field ?? "policy/v1"; init; }
    public string Kind { get => field ?? "PodDisruptionBudget"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public PodDisruptionBudgetSpec Spec { get => field ??= new(); init; }
    public PodDisruptionBudgetStatus? Status { get; init; }
}

/// <summary>What must stay available; one of the two bounds (policy/v1 PodDisruptionBudgetSpec).</summary>
public sealed record PodDisruptionBudgetSpec
{
    public IntOrString? MinAvailable { get; init; }

    /// <summary>Null selects no pod, an empty one every pod of the namespace.</summary>
    public LabelSelector? Selector { get; init; }
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary><c>IfHealthyBudget</c> (also when absent) or <c>AlwaysAllow</c>.</summary>
    public string? UnhealthyPodEvictionPolicy { get; init; }
}

/// <summary>What the controller found (policy/v1 PodDisruptionBudgetStatus).</summary>
public sealed record PodDisruptionBudgetStatus
{
    public long? ObservedGeneration { get; init; }

    /// <summary>Pods by name whose eviction was granted, and when, until the controller has seen them go.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? DisruptedPods { get; init; }
    public int DisruptionsAllowed { get; init; }
    public int CurrentHealthy { get; init; }
    public int DesiredHealthy { get; init; }
    public int ExpectedPods { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
}
