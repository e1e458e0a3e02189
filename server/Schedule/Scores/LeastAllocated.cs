using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>Prefers the node with the larger free share of cpu and memory once the pod is there.</summary>
internal static class LeastAllocated
{
    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        var (cpu, memory) = (pod.Spec.ScoredMilliCpu, pod.Spec.ScoredMemory);
        for (var at = 0; at < candidates.Count; at++)
        {
            var node = candidates[at];
            scores[at] = (Free(node.Allocatable.MilliCpu, node.ScoredMilliCpu + cpu)
                + Free(node.Allocatable.Memory, node.ScoredMemory + memory)) / 2;
        }
    }

    private static long Free(long offered, long taken) =>
        offered <= 0 || taken > offered ? 0 : (offered - taken) * NodeScore.Max / offered;
}
