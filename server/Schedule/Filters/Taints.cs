using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes with a NoSchedule or NoExecute taint that the pod does not tolerate.</summary>
internal static class Taints
{
    public static Rejection? Check(PreparedPod pod, NodeView node) =>
        FirstUntolerated(pod.Spec.Tolerations, node) is { } taint
            ? Rejection.Final($"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}")
            : null;

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => FirstUntolerated(pod.Spec.Tolerations, added.Node) is null,
        ClusterEvent.NodeChanged { Change.Taints: true } changed =>
            FirstUntolerated(pod.Spec.Tolerations, changed.Old) is not null
            && FirstUntolerated(pod.Spec.Tolerations, changed.Now) is null,
        _ => false,
    };

    /// <summary>The first taint that repels a pod with these tolerations, or null.</summary>
    public static Taint? FirstUntolerated(IReadOnlyList<Toleration> tolerations, NodeView node)
    {
        for (var at = 0; at < node.Taints.Count; at++)
        {
            var taint = node.Taints[at];
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerates(tolerations, taint))
            {
                return taint;
            }
        }

        return null;
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
