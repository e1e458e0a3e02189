using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Holds a pod to its spread constraints: no domain may be more than maxSkew above the emptiest.</summary>
internal static class Spread
{
    private static readonly Rejection MissingLabel =
        Rejection.Final("node(s) didn't match pod topology spread constraints (missing required label)");

    private static readonly Rejection TooUneven =
        Rejection.UntilFree("node(s) didn't match pod topology spread constraints");

    public static bool Applies(PreparedPod pod) => pod.Spread.Length > 0;

    public static Rejection? Check(PreparedPod pod, NodeView node)
    {
        foreach (var rule in pod.Spread)
        {
            if (rule.Key.DomainOf[node.Slot] < 0)
            {
                return MissingLabel;
            }

            if (rule.Pods is { } pods
                && pods.At(node.Slot) + rule.Term.Self - pods.Min(rule.Term.MinDomains) > rule.Term.MaxSkew)
            {
                return TooUneven;
            }
        }

        return null;
    }

    /// <summary>As <see cref="Check"/>, with nothing but the node's slot, as of the start of the decision.</summary>
    public static bool Passes(PreparedPod pod, int slot)
    {
        foreach (var rule in pod.Spread)
        {
            var domain = rule.Key.DomainOf[slot];
            if (domain < 0 || (rule.Pods is { } pods && pods.Counts[domain] > rule.CountMax))
            {
                return false;
            }
        }

        return true;
    }

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        // More domains lift the smallest count, or are places themselves; fewer may drop the emptiest.
        ClusterEvent.NodeAdded added => HasKeys(pod, added.Node),
        ClusterEvent.NodeGone gone => HasKeys(pod, gone.Node),
        ClusterEvent.NodeChanged changed =>
            (changed.Change.Labels || changed.Change.Taints)
            && (HasKeys(pod, changed.Old) || HasKeys(pod, changed.Now)),
        ClusterEvent.PodAdded added => Counts(pod, added.Pod.Demand),
        ClusterEvent.PodGone gone => Counts(pod, gone.Demand),
        ClusterEvent.PodChanged changed =>
            (changed.Old.IsTerminating != changed.Now.IsTerminating || changed.Old.Demand != changed.Now.Demand)
            && (Counts(pod, changed.Old.Demand) || Counts(pod, changed.Now.Demand)),
        _ => false,
    };

    private static bool HasKeys(PodDemand pod, NodeView node)
    {
        foreach (var term in pod.Terms.Spread)
        {
            if (!node.Labels.ContainsKey(term.TopologyKey))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Counts(PodDemand pod, PodDemand other)
    {
        foreach (var term in pod.Terms.Spread)
        {
            if (term.Pods?.Matches(other.Namespace, LabelSet.Empty, other.Labels) == true)
            {
                return true;
            }
        }

        return false;
    }
}
