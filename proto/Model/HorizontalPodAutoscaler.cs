namespace Edge.Proto.Model;

/// <summary>Scales a workload by what its pods use (autoscaling/v2 HorizontalPodAutoscaler).</summary>
public sealed record HorizontalPodAutoscaler
{
    public string ApiVersion { get => field ?? "autoscaling/v2"; init; }
    public string Kind { get => field ?? "HorizontalPodAutoscaler"; init; }
    public ObjectMeta Metadata { get => field ??= new(); init; }
    public HorizontalPodAutoscalerSpec Spec { get => field ??= new(); init; }
    public HorizontalPodAutoscalerStatus? Status { get; init; }
}

/// <summary>What is scaled, between which bounds, and by what (autoscaling/v2 HorizontalPodAutoscalerSpec).</summary>
public sealed record HorizontalPodAutoscalerSpec
{
    public CrossVersionObjectReference ScaleTargetRef { get => field ??= new(); init; }
    public int? MinReplicas { get; init; }
    public int MaxReplicas { get; init; }
    public IReadOnlyList<MetricSpec>? Metrics { get; init; }
    public HorizontalPodAutoscalerBehavior? Behavior { get; init; }
}

/// <summary>An object of any version in the same namespace (autoscaling/v2 CrossVersionObjectReference).</summary>
public sealed record CrossVersionObjectReference
{
    public string Kind { get => field ?? ""; init; }
    public string Name { get => field ?? ""; init; }
    public string? ApiVersion { get; init; }
}

/// <summary>How fast pods may come and go (autoscaling/v2 HorizontalPodAutoscalerBehavior).</summary>
public sealed record HorizontalPodAutoscalerBehavior
{
    public HpaScalingRules? ScaleUp { get; init; }
    public HpaScalingRules? ScaleDown { get; init; }
}

/// <summary>The rules of one direction (autoscaling/v2 HPAScalingRules).</summary>
public sealed record HpaScalingRules
{
    /// <summary>0 to 3600; null leaves it to the controller's default.</summary>
    public int? StabilizationWindowSeconds { get; init; }

    /// <summary><c>Max</c>, <c>Min</c> or <c>Disabled</c>.</summary>
    public string? SelectPolicy { get; init; }
    public IReadOnlyList<HpaScalingPolicy>? Policies { get; init; }
    public Quantity? Tolerance { get; init; }
}

/// <summary>How much may change in a time (autoscaling/v2 HPAScalingPolicy).</summary>
public sealed record HpaScalingPolicy
{
    /// <summary><c>Pods</c> or <c>Percent</c>.</summary>
    public string Type { get => field ?? ""; init; }
    public int Value { get; init; }

    /// <summary>1 to 1800.</summary>
    public int PeriodSeconds { get; init; }
}

/// <summary>What became of it (autoscaling/v2 HorizontalPodAutoscalerStatus).</summary>
public sealed record HorizontalPodAutoscalerStatus
{
    public long? ObservedGeneration { get; init; }
    public DateTimeOffset? LastScaleTime { get; init; }
    public int? CurrentReplicas { get; init; }
    public int DesiredReplicas { get; init; }
    public IReadOnlyList<MetricStatus>? CurrentMetrics { get; init; }
    public IReadOnlyList<Condition>? Conditions { get; init; }
}
