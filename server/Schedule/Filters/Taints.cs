using Edge.Proto.Model;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes with a NoSchedule or NoExecute taint that the pod does not tolerate.</summary>
internal static class Taints
{
    public static IReadOnlyList<string> Reasons(PodDemand pod, NodeView node)
    {
        foreach (var taint in node.Taints)
        {
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerated(pod, taint))
            {
                return [$"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}"];
            }
        }

        return [];
    }

    public static bool Tolerated(PodDemand pod, Taint taint)
    {
        foreach (var toleration in pod.Tolerations)
        {
            if (toleration.Tolerates(taint))
            {
                return true;
            }
        }

        return false;
    }
}
