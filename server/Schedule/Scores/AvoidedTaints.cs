using Edge.Server.Schedule.Filters;

namespace Edge.Server.Schedule.Scores;

/// <summary>Counts the PreferNoSchedule taints that the pod does not tolerate.</summary>
internal static class AvoidedTaints
{
    public static long Of(PodDemand pod, NodeView node)
    {
        long count = 0;
        foreach (var taint in node.Taints)
        {
            count += taint.Effect == "PreferNoSchedule" && !Taints.Tolerated(pod, taint) ? 1 : 0;
        }

        return count;
    }
}
