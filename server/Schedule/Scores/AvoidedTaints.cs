using Edge.Server.Schedule.Filters;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>Prefers nodes with fewer PreferNoSchedule taints that the pod does not tolerate.</summary>
internal static class AvoidedTaints
{
    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        for (var at = 0; at < candidates.Count; at++)
        {
            scores[at] = candidates[at].Taints.Count == 0 ? 0 : Count(pod, candidates[at]);
        }

        Scaling.DownFromMax(scores.AsSpan(0, candidates.Count));
    }

    private static long Count(PreparedPod pod, NodeView node)
    {
        long count = 0;
        foreach (var taint in node.Taints)
        {
            count += taint.Effect == "PreferNoSchedule" && !Taints.Tolerates(pod.Spec.Tolerations, taint) ? 1 : 0;
        }

        return count;
    }
}
