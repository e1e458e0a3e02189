namespace Edge.Proto.Model;

/// <summary>Chooses objects by their labels; everything in it must match (meta/v1 LabelSelector).</summary>
public sealed record LabelSelector
{
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }
    public IReadOnlyList<LabelSelectorRequirement>? MatchExpressions { get; init; }

    /// <summary>An empty selector matches every object.</summary>
    public bool Matches(IReadOnlyDictionary<string, string>? labels) =>
        (MatchLabels ?? NoLabels).All(wanted => labels?.GetValueOrDefault(wanted.Key) == wanted.Value)
        && (MatchExpressions ?? []).All(requirement => requirement.Matches(labels));

    private static readonly Dictionary<string, string> NoLabels = [];
}

/// <summary>Operators In, NotIn, Exists, DoesNotExist (meta/v1 LabelSelectorRequirement).</summary>
public sealed record LabelSelectorRequirement
{
    public string Key { get => field ?? ""; init; }
    public string Operator { get => field ?? ""; init; }
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>NotIn and DoesNotExist also match an object without the label, as in Kubernetes.</summary>
    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        var value = labels?.GetValueOrDefault(Key);
        return Operator switch
        {
            "In" => value is not null && (Values ?? []).Contains(value),
            "NotIn" => value is null || !(Values ?? []).Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => false,
        };
    }
}
