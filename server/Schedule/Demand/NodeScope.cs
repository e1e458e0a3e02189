using System.Text;
using Edge.Proto.Model;
using Edge.Server.Schedule.Filters;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// The nodes over which a spread constraint counts: those that have all the labels it names, and, by its policies, that
/// the pod's node affinity allows and whose taints the pod tolerates. Equal <see cref="Text"/> means the same nodes.
/// </summary>
internal sealed class NodeScope
{
    private readonly IReadOnlyDictionary<string, string>? _selector;
    private readonly NodeSelector? _affinity;
    private readonly IReadOnlyList<Toleration>? _tolerations;

    /// <param name="keys">Labels that a node must have, of all constraints that count together.</param>
    /// <param name="spec">The pod's.</param>
    /// <param name="constraint">Names the policies.</param>
    public NodeScope(string[] keys, PodSpec spec, TopologySpreadConstraint constraint)
    {
        Keys = keys;
        if (constraint.NodeAffinityPolicy is null or "Honor")
        {
            _selector = spec.NodeSelector is { Count: > 0 } selector ? selector : null;
            _affinity = spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        }

        _tolerations = constraint.NodeTaintsPolicy == "Honor" ? spec.Tolerations ?? [] : null;
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
            && (_tolerations is null || Taints.FirstUntolerated(_tolerations, node) is null);
    }

    private string Describe()
    {
        var text = new StringBuilder().AppendJoin(',', Keys);
        foreach (var (key, value) in (_selector ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key))
        {
            text.Append('|').Append(key).Append('=').Append(value);
        }

        foreach (var term in _affinity?.NodeSelectorTerms ?? [])
        {
            text.Append("|term");
            Append(text, term.MatchExpressions, '.');
            Append(text, term.MatchFields, '!');
        }

        foreach (var one in _tolerations ?? [])
        {
            text.Append($"|bears {one.Key} {one.Operator} {one.Value} {one.Effect}");
        }

        return text.Append(_affinity is null ? "" : "|a").Append(_tolerations is null ? "" : "|t").ToString();
    }

    private static void Append(StringBuilder text, IReadOnlyList<NodeSelectorRequirement>? requirements, char mark)
    {
        foreach (var wanted in requirements ?? [])
        {
            text.Append(mark).Append(wanted.Key).Append(' ').Append(wanted.Operator).Append(' ')
                .AppendJoin(',', wanted.Values ?? []);
        }
    }
}
