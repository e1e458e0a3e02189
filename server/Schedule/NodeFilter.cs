using Edge.Server.Schedule.Filters;

namespace Edge.Server.Schedule;

/// <summary>
/// One reason to leave a node out. <paramref name="Reasons"/> is empty when the node passes.
/// <paramref name="MayFreeUp"/> says that the node could pass once pods there are gone.
/// </summary>
internal sealed record NodeFilter(
    string Name, bool MayFreeUp, Func<PodDemand, NodeView, IReadOnlyList<string>> Reasons)
{
    /// <summary>kube-scheduler's order; the first filter that rejects a node gives the reasons for it.</summary>
    public static IReadOnlyList<NodeFilter> InOrder { get; } =
    [
        new("NodeUnschedulable", false, Cordon.Reasons),
        new("TaintToleration", false, Taints.Reasons),
        new("NodeAffinity", false, Affinity.Reasons),
        new("NodePorts", true, Ports.Reasons),
        new("NodeResourcesFit", true, Fit.Reasons),
    ];
}
