namespace Edge.Proto.Model;

/// <summary>Which pods a pod must or would like to be near (core/v1 PodAffinity).</summary>
public sealed record PodAffinity
{
    public IReadOnlyList<PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }
    public IReadOnlyList<WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>Which pods a pod must not or would rather not be near (core/v1 PodAntiAffinity).</summary>
public sealed record PodAntiAffinity
{
    public IReadOnlyList<PodAffinityTerm>? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }
    public IReadOnlyList<WeightedPodAffinityTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>
/// Pods, and the node label whose equal values mean near (core/v1 PodAffinityTerm). Without namespaces and without
/// a namespace selector the pod's own namespace is meant; an empty namespace selector means all.
/// </summary>
public sealed record PodAffinityTerm
{
    /// <summary>Terms in one list of a pod. Kubernetes has no bound; each costs the scheduler counters.</summary>
    public const int Max = 64;

    /// <summary>Null matches no pod.</summary>
    public LabelSelector? LabelSelector { get; init; }
    public IReadOnlyList<string>? Namespaces { get; init; }
    public string TopologyKey { get => field ?? ""; init; }
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Keys whose values must be those of the pod that has the term.</summary>
    public IReadOnlyList<string>? MatchLabelKeys { get; init; }

    /// <summary>Keys whose values must not be those of the pod that has the term.</summary>
    public IReadOnlyList<string>? MismatchLabelKeys { get; init; }
}

/// <summary>A term with a weight of 1 to 100 (core/v1 WeightedPodAffinityTerm).</summary>
public sealed record WeightedPodAffinityTerm
{
    public int Weight { get; init; }
    public PodAffinityTerm PodAffinityTerm { get => field ??= new(); init; }
}

/// <summary>How evenly pods are to lie over groups of nodes (core/v1 TopologySpreadConstraint).</summary>
public sealed record TopologySpreadConstraint
{
    /// <summary>Constraints of one pod. Kubernetes has no bound; each costs the scheduler counters.</summary>
    public const int Max = 64;

    public int MaxSkew { get; init; }
    public string TopologyKey { get => field ?? ""; init; }

    /// <summary><c>DoNotSchedule</c> or <c>ScheduleAnyway</c>.</summary>
    public string WhenUnsatisfiable { get => field ?? ""; init; }

    /// <summary>Null matches no pod.</summary>
    public LabelSelector? LabelSelector { get; init; }
    public int? MinDomains { get; init; }

    /// <summary><c>Honor</c> (default) or <c>Ignore</c>: whether nodes that the pod excludes are left out.</summary>
    public string? NodeAffinityPolicy { get; init; }

    /// <summary><c>Honor</c> or <c>Ignore</c> (default): whether nodes that repel the pod are left out.</summary>
    public string? NodeTaintsPolicy { get; init; }

    /// <summary>Keys whose values must be those of the pod that has the constraint.</summary>
    public IReadOnlyList<string>? MatchLabelKeys { get; init; }
}
