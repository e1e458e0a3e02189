using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Holds a pod to its nodeSelector and its required node affinity.</summary>
internal static class Affinity
{
    /// <summary>For the nodes that need not be looked at, because the affinity names others.</summary>
    public static readonly Rejection NotNamed = Rejection.Final("node(s) didn't satisfy plugin(s) [NodeAffinity]");

    private static readonly Rejection Rejected =
        Rejection.Final("node(s) didn't match Pod's node affinity/selector");

    public static bool Applies(PreparedPod pod) =>
        pod.Spec.NodeSelector is not null || pod.Spec.RequiredAffinity is not null;

    public static Rejection? Check(PreparedPod pod, NodeView node) => Matches(pod.Demand, node) ? null : Rejected;

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => Matches(pod, added.Node),
        ClusterEvent.NodeChanged { Change.Labels: true } changed =>
            !Matches(pod, changed.Old) && Matches(pod, changed.Now),
        _ => false,
    };

    private static bool Matches(PodDemand pod, NodeView node) =>
        NodeTerms.Matches(pod.Spec.NodeSelector, pod.Spec.RequiredAffinity, node);
}
