using Edge.Proto.Model;
using Edge.Server.Schedule.Filters;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// The nodes over which a spread constraint counts: those that have all the labels it names, and, by its policies, that
/// the pod's node affinity allows and whose taints the pod tolerates. Equal <see cref="Text"/> means the same nodes.
/// </summary>
internal sealed class NodeScope
{
    private static readonly Dictionary<string, string> NoLabels = [];

    private readonly IReadOnlyDictionary<string, string>? _selector;
    private readonly NodeSelector? _affinity;
    private readonly IReadOnlyList<Toleration>? _tolerations;

    /// <param name="keys">Labels that a node must have, of all constraints that count together.</param>
    /// <param name="spec">The pod's.</param>
    /// <param name="honorsAffinity">Leaves out nodes that the pod's node affinity does not allow.</param>
    /// <param name="honorsTaints">Leaves out nodes that repel the pod.</param>
    public NodeScope(string[] keys, PodSpec spec, bool honorsAffinity, bool honorsTaints)
    {
        Keys = keys;
        if (honorsAffinity)
        {
            _selector = spec.NodeSelector is { Count: > 0 } selector ? selector : null;
            _affinity = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        }

        _tolerations = honorsTaints ? spec.Tolerations ?? [] : null;
        Text = Describe();
    }

    public string[] Keys { get; }

    public string Text { get; }

    public bool Includes(NodeView node)
    {
        foreach (var key in Keys)
        {
            if (!node.Labels.ContainsKey(key))
            {
                return false;
            }
        }

        return NodeTerms.Matches(_selector, _affinity, node)
            && (_tolerations is null || Taints.FirstUntolerated(_tolerations, node) < 0);
    }

    private string Describe()
    {
        var text = new IdentityText().Add(Keys).Count(_selector?.Count);
        foreach (var (key, value) in (_selector ?? NoLabels).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Add(key).Add(value);
        }

        text.Count(_affinity?.NodeSelectorTerms.Count);
        foreach (var term in _affinity?.NodeSelectorTerms ?? [])
        {
            Add(text, term.MatchExpressions);
            Add(text, term.MatchFields);
        }

        text.Count(_tolerations?.Count);
        foreach (var one in _tolerations ?? [])
        {
            text.Add(one.Key).Add(one.Operator).Add(one.Value).Add(one.Effect);
        }

        return text.ToString();
    }

    private static void Add(IdentityText text, IReadOnlyList<NodeSelectorRequirement>? requirements)
    {
        text.Count(requirements?.Count);
        foreach (var wanted in requirements ?? [])
        {
            text.Add(wanted.Key).Add(wanted.Operator).Add(wanted.Values);
        }
    }
}
