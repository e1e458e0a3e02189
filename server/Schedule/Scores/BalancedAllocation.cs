using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>
/// Prefers the node whose cpu and memory would be taken in equal shares: what is left of one is of no use without the
/// other.
/// </summary>
internal static class BalancedAllocation
{
    /// <summary>A pod that asks for neither cannot balance anything (kube-scheduler skips it too).</summary>
    public static bool Applies(PreparedPod pod) => pod.Spec.Requests is not { MilliCpu: 0, Memory: 0 };

    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        var wanted = pod.Spec.Requests;
        for (var at = 0; at < candidates.Count; at++)
        {
            var node = candidates[at];
            var cpu = Share(node.Allocatable.MilliCpu, node.Requested.MilliCpu + wanted.MilliCpu);
            var memory = Share(node.Allocatable.Memory, node.Requested.Memory + wanted.Memory);

            // Half the distance is the standard deviation of two shares; of one that is offered alone it is none.
            var deviation = double.IsNaN(cpu) || double.IsNaN(memory) ? 0 : Math.Abs((cpu - memory) / 2);
            scores[at] = (long)((1 - deviation) * NodeScore.Max);
        }
    }

    private static double Share(long offered, long taken) =>
        offered == 0 ? double.NaN : Math.Min(1, (double)taken / offered);
}
