namespace Edge.Server.Schedule.Scores;

/// <summary>Prefers the node with the larger free share of cpu and memory once the pod is there.</summary>
internal static class LeastAllocated
{
    public static long Of(PodDemand pod, NodeView node) =>
        (Free(node.Allocatable.MilliCpu, node.ScoredMilliCpu + pod.ScoredMilliCpu)
            + Free(node.Allocatable.Memory, node.ScoredMemory + pod.ScoredMemory)) / 2;

    private static long Free(long offered, long taken) =>
        offered <= 0 || taken > offered ? 0 : (offered - taken) * NodeScore.Max / offered;
}
