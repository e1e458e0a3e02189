using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Whether node selector terms match a node (component-helpers nodeaffinity).</summary>
internal static class NodeTerms
{
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
