using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves cordoned nodes out, unless the pod tolerates the taint that a cordon stands for.</summary>
internal static class Cordon
{
    private static readonly Taint CordonTaint =
        new() { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" };

    private static readonly Rejection Rejected = Rejection.Final("node(s) were unschedulable");

    public static Rejection? Check(PreparedPod pod, NodeView node) =>
        node.Unschedulable && !Taints.Tolerates(pod.Spec.Tolerations, CordonTaint) ? Rejected : null;

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => !added.Node.Unschedulable,
        ClusterEvent.NodeChanged changed => changed.Old.Unschedulable && !changed.Now.Unschedulable,
        _ => false,
    };
}
