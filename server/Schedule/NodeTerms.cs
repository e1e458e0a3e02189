using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Node selector terms about the nodes that the scheduler knows.</summary>
internal static class NodeTerms
{
    /// <summary>Whether a pod's nodeSelector and required node affinity allow the node; null allows all.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string>? labels, NodeSelector? affinity, NodeView node) =>
        NodeMatch.Matches(labels, affinity, node.Name, node.Labels);

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
}
