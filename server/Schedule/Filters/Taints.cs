using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes with a NoSchedule or NoExecute taint that the pod does not tolerate.</summary>
internal static class Taints
{
    public static Rejection? Check(PreparedPod pod, NodeView node) =>
        FirstUntolerated(pod.Spec.Tolerations, node) is >= 0 and var taint ? node.TaintRejections[taint] : null;

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => FirstUntolerated(pod.Spec.Tolerations, added.Node) < 0,
        ClusterEvent.NodeChanged { Change.Taints: true } changed =>
            FirstUntolerated(pod.Spec.Tolerations, changed.Old) >= 0
            && FirstUntolerated(pod.Spec.Tolerations, changed.Now) < 0,
        _ => false,
    };

    /// <summary>
    /// Which taint of the node is the first to repel a pod with these tolerations; negative for none.
    /// </summary>
    public static int FirstUntolerated(IReadOnlyList<Toleration> tolerations, NodeView node)
    {
        for (var at = 0; at < node.Taints.Count; at++)
        {
            var taint = node.Taints[at];
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerates(tolerations, taint))
            {
                return at;
            }
        }

        return -1;
    }

    public static bool Tolerates(IReadOnlyList<Toleration> tolerations, Taint taint)
    {
        for (var at = 0; at < tolerations.Count; at++)
        {
            if (tolerations[at].Tolerates(taint))
            {
                return true;
            }
        }

        return false;
    }
}
