using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Keeps a pod near to pods it requires, and away from pods it excludes or that exclude it.</summary>
internal static class NearPods
{
    private static readonly Rejection NotNear = Rejection.Final("node(s) didn't match pod affinity rules");

    private static readonly Rejection NotApart = Rejection.UntilFree("node(s) didn't match pod anti-affinity rules");

    private static readonly Rejection NotWelcome =
        Rejection.UntilFree("node(s) didn't satisfy existing pods anti-affinity rules");

    public static bool Applies(PreparedPod pod) =>
        pod.Near.Length > 0 || pod.Apart.Length > 0 || pod.Forbidding.Length > 0;

    public static Rejection? Check(PreparedPod pod, NodeView node) => Check(pod, node.Slot);

    public static bool Passes(PreparedPod pod, int slot) => Check(pod, slot) is null;

    /// <summary>
    /// Labels of namespaces are not looked up here: a term that reads them may be helped by any pod, which costs one
    /// more try.
    /// </summary>
    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => HasAKey(pod, added.Node),
        ClusterEvent.NodeChanged { Change.Labels: true } changed => HasAKey(pod, changed.Now),
        ClusterEvent.PodAdded added => Means(pod.Terms.Near, added.Pod.Demand),
        ClusterEvent.PodChanged changed =>
            changed.Old.Demand != changed.Now.Demand
            && (Means(pod.Terms.Near, changed.Now.Demand) || Means(pod.Terms.Apart, changed.Old.Demand)
                || Means(changed.Old.Demand.Terms.Apart, pod)),
        ClusterEvent.PodGone gone => Means(pod.Terms.Apart, gone.Demand) || Means(pod.Terms.Near, gone.Demand)
            || Means(gone.Demand.Terms.Apart, pod),
        ClusterEvent.NamespaceChanged => true,
        _ => false,
    };

    private static Rejection? Check(PreparedPod pod, int slot)
    {
        if (pod.Near.Length > 0 && !IsNear(pod, slot))
        {
            return NotNear;
        }

        foreach (var counter in pod.Apart)
        {
            if (counter.At(slot) > 0)
            {
                return NotApart;
            }
        }

        foreach (var term in pod.Forbidding)
        {
            if (term.At(slot) > 0)
            {
                return NotWelcome;
            }
        }

        return null;
    }

    /// <summary>
    /// Pods that all terms mean must be in the node's domain of every term. The first of its kind may go anywhere, as
    /// long as it is of that kind itself.
    /// </summary>
    private static bool IsNear(PreparedPod pod, int slot)
    {
        var present = true;
        var none = true;
        foreach (var counter in pod.Near)
        {
            if (counter.Key!.DomainOf[slot] < 0)
            {
                return false;
            }

            present &= counter.At(slot) > 0;
            none &= counter.Counts.Total == 0;
        }

        return present || (none && pod.NearItself);
    }

    /// <summary>A pod kept off by others' terms alone may be helped by any node.</summary>
    private static bool HasAKey(PodDemand pod, NodeView node)
    {
        foreach (var term in pod.Terms.Near)
        {
            if (!node.Labels.ContainsKey(term.TopologyKey))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Means(IReadOnlyList<NearTerm> terms, PodDemand pod)
    {
        foreach (var term in terms)
        {
            if (term.Pods.ReadsNamespaces || term.Pods.Matches(pod.Namespace, LabelSet.Empty, pod.Labels))
            {
                return true;
            }
        }

        return false;
    }
}
