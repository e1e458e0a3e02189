namespace Edge.Proto.Model;

/// <summary>Where a pod wants to run (core/v1 Affinity).</summary>
public sealed record Affinity
{
    public NodeAffinity? NodeAffinity { get; init; }
    public PodAffinity? PodAffinity { get; init; }
    public PodAntiAffinity? PodAntiAffinity { get; init; }
}

/// <summary>Which nodes a pod needs or prefers (core/v1 NodeAffinity).</summary>
public sealed record NodeAffinity
{
    public NodeSelector? RequiredDuringSchedulingIgnoredDuringExecution { get; init; }
    public IReadOnlyList<PreferredSchedulingTerm>? PreferredDuringSchedulingIgnoredDuringExecution { get; init; }
}

/// <summary>Terms of which one must match (core/v1 NodeSelector).</summary>
public sealed record NodeSelector
{
    public IReadOnlyList<NodeSelectorTerm> NodeSelectorTerms { get => field ?? []; init; }
}

/// <summary>Requirements that must all match; a term without any matches nothing (core/v1 NodeSelectorTerm).</summary>
public sealed record NodeSelectorTerm
{
    public IReadOnlyList<NodeSelectorRequirement>? MatchExpressions { get; init; }
    public IReadOnlyList<NodeSelectorRequirement>? MatchFields { get; init; }
}

/// <summary>Operators In, NotIn, Exists, DoesNotExist, Gt, Lt (core/v1 NodeSelectorRequirement).</summary>
public sealed record NodeSelectorRequirement
{
    public string Key { get => field ?? ""; init; }
    public string Operator { get => field ?? ""; init; }
    public IReadOnlyList<string>? Values { get; init; }
}

/// <summary>A term with a weight of 1 to 100 (core/v1 PreferredSchedulingTerm).</summary>
public sealed record PreferredSchedulingTerm
{
    public int Weight { get; init; }
    public NodeSelectorTerm Preference { get => field ??= new(); init; }
}

/// <summary>A mark on a node that keeps pods away (core/v1 Taint).</summary>
public sealed record Taint
{
    public string Key { get => field ?? ""; init; }
    public string? Value { get; init; }

    /// <summary><c>NoSchedule</c>, <c>PreferNoSchedule</c> or <c>NoExecute</c>.</summary>
    public string Effect { get => field ?? ""; init; }
    public DateTimeOffset? TimeAdded { get; init; }
}

/// <summary>Which taints a pod bears (core/v1 Toleration); an empty effect or key matches all.</summary>
public sealed record Toleration
{
    public string? Key { get; init; }

    /// <summary><c>Equal</c> (default) or <c>Exists</c>.</summary>
    public string? Operator { get; init; }
    public string? Value { get; init; }
    public string? Effect { get; init; }
    public long? TolerationSeconds { get; init; }

    /// <summary>The matching rule of core/v1: effect, then key, then operator.</summary>
    public bool Tolerates(Taint taint) =>
        (string.IsNullOrEmpty(Effect) || Effect == taint.Effect)
        && (string.IsNullOrEmpty(Key) ? Operator == "Exists" : Key == taint.Key)
        && (Operator == "Exists" || (Value ?? "") == (taint.Value ?? ""));
}
