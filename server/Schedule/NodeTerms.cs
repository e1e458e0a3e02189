using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Whether node selector terms match a node (component-helpers nodeaffinity).</summary>
internal static class NodeTerms
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>Whether a pod's nodeSelector and required node affinity allow the node; null allows all.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string>? labels, NodeSelector? affinity, NodeView node)
    {
        foreach (var (key, value) in labels ?? NoLabels)
        {
            if (node.Labels.GetValueOrDefault(key) != value)
            {
                return false;
            }
        }

        return affinity is null || Matches(affinity, node);
    }

    /// <summary>
    /// The nodes that the terms name one by one, so that no other need be looked at; null when they name none. As
    /// in kube-scheduler each term must do so, and only what all its fields name counts.
    /// </summary>
    public static IReadOnlyList<string>? NamedNodes(NodeSelector? selector)
    {
        if (selector is not { NodeSelectorTerms.Count: > 0 })
        {
            return null;
        }

        var names = new HashSet<string>();
        foreach (var term in selector.NodeSelectorTerms)
        {
            HashSet<string>? own = null;
            foreach (var field in term.MatchFields ?? [])
            {
                if (field is { Key: "metadata.name", Operator: "In" })
                {
                    own = own is null ? [.. field.Values ?? []] : [.. own.Intersect(field.Values ?? [])];
                }
            }

            if (own is null)
            {
                return null;
            }

            names.UnionWith(own);
        }

        return [.. names.Order(StringComparer.Ordinal)];
    }

    /// <summary>One term is enough; a selector without terms matches nothing.</summary>
    public static bool Matches(NodeSelector selector, NodeView node) =>
        selector.NodeSelectorTerms.Any(term => Matches(term, node));

    /// <summary>All requirements must hold; a term without any matches nothing.</summary>
    public static bool Matches(NodeSelectorTerm term, NodeView node)
    {
        var expressions = term.MatchExpressions ?? [];
        var fields = term.MatchFields ?? [];
        return expressions.Count + fields.Count > 0
            && expressions.All(wanted => Holds(wanted, node.Labels.GetValueOrDefault(wanted.Key)))
            && fields.All(wanted => Holds(wanted, wanted.Key == "metadata.name" ? node.Name : null));
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

    /// <summary>
    /// The sign of value minus bound; 0, which satisfies neither operator, when one is not an integer.
    /// </summary>
    private static int Compare(string? value, NodeSelectorRequirement wanted) =>
        wanted.Values is [var bound]
        && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && long.TryParse(bound, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : 0;
}
