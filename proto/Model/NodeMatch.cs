using System.Globalization;

namespace Edge.Proto.Model;

/// <summary>Which nodes a pod may be on by their name and labels (component-helpers nodeaffinity). Pure.</summary>
public static class NodeMatch
{
    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The pod's nodeSelector and its required node affinity hold.</summary>
    public static bool Matches(PodSpec pod, string node, IReadOnlyDictionary<string, string> labels) => Matches(
        pod.NodeSelector, pod.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution, node, labels);

    /// <summary>The same of the two alone; null allows all.</summary>
    public static bool Matches(
        IReadOnlyDictionary<string, string>? selector, NodeSelector? required, string node,
        IReadOnlyDictionary<string, string> labels)
    {
        foreach (var (key, value) in selector ?? s_none)
        {
            if (labels.GetValueOrDefault(key) != value)
            {
                return false;
            }
        }

        return required is null || Matches(required, node, labels);
    }

    /// <summary>One term is enough; a selector without terms matches nothing.</summary>
    public static bool Matches(NodeSelector selector, string node, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var term in selector.NodeSelectorTerms)
        {
            if (Matches(term, node, labels))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All requirements must hold; a term without any matches nothing.</summary>
    public static bool Matches(NodeSelectorTerm term, string node, IReadOnlyDictionary<string, string> labels)
    {
        foreach (var wanted in term.MatchExpressions ?? [])
        {
            if (!Holds(wanted, labels.GetValueOrDefault(wanted.Key)))
            {
                return false;
            }
        }

        foreach (var wanted in term.MatchFields ?? [])
        {
            if (!Holds(wanted, wanted.Key == "metadata.name" ? node : null))
            {
                return false;
            }
        }

        return term is { MatchExpressions.Count: > 0 } or { MatchFields.Count: > 0 };
    }

    private static bool Holds(NodeSelectorRequirement wanted, string? value) => wanted.Operator switch
    {
        "In" => value is not null && wanted.Values?.Contains(value) == true,
        "NotIn" => value is null || wanted.Values?.Contains(value) != true,
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(value, wanted) > 0,
        "Lt" => Compare(value, wanted) < 0,
        _ => false,
    };

    /// <summary>The sign of value minus bound; 0, which satisfies neither operator, when one is no integer.</summary>
    private static int Compare(string? value, NodeSelectorRequirement wanted) =>
        wanted.Values is [var bound]
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(bound, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : 0;
}
