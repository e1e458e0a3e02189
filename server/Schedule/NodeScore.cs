using Edge.Server.Schedule.Scores;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>
/// One preference among nodes that pass. <paramref name="Fill"/> sets 0–100 for each candidate, in their order;
/// <paramref name="Applies"/> is asked once a pod, before.
/// </summary>
internal sealed record NodeScore(
    string Name, int Weight, Func<PreparedPod, bool> Applies, Action<PreparedPod, List<NodeView>, long[]> Fill)
{
    public const long Max = 100;

    /// <summary>Weights as in kube-scheduler's default profile, which knows nothing of devices.</summary>
    public static IReadOnlyList<NodeScore> All { get; } =
    [
        new("TaintToleration", 3, static _ => true, AvoidedTaints.Fill),
        new("NodeAffinity", 2, static pod => pod.Spec.PreferredAffinity.Count > 0, PreferredTerms.Fill),
        new("PodTopologySpread", 2, static pod => pod.PreferredSpread.Length > 0, PreferredSpread.Fill),
        new("InterPodAffinity", 2, PreferredPods.Applies, PreferredPods.Fill),
        new("NodeResourcesFit", 1, static _ => true, LeastAllocated.Fill),
        new("NodeResourcesBalancedAllocation", 1, BalancedAllocation.Applies, BalancedAllocation.Fill),
        new("Devices", 4, DeviceFit.Applies, DeviceFit.Fill),
        new("ImageLocality", 1, static pod => pod.HasImages, ImageLocality.Fill),
    ];
}
