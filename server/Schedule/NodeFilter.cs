using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Filters;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>The filters that rejected a pod somewhere; only what helps with one of them wakes it.</summary>
[Flags]
internal enum RejectedBy
{
    None = 0,
    Cordon = 1,
    Taints = 2,
    NodeAffinity = 4,
    Ports = 8,
    Fit = 16,
    Devices = 32,
    Spread = 64,
    PodAffinity = 128,
}

/// <summary>
/// One reason to leave a node out. <paramref name="Applies"/> is asked once a pod, <paramref name="Check"/> answers
/// null when the node passes, <paramref name="MayHelp"/> says whether an event could let a pod pass that it rejected.
/// </summary>
internal sealed record NodeFilter(
    RejectedBy Mark, Func<PreparedPod, bool> Applies, Func<PreparedPod, NodeView, Rejection?> Check,
    Func<PodDemand, ClusterEvent, bool> MayHelp)
{
    /// <summary>kube-scheduler's order; the first filter that rejects a node gives the reasons for it.</summary>
    public static IReadOnlyList<NodeFilter> InOrder { get; } =
    [
        new(RejectedBy.Cordon, static _ => true, Cordon.Check, Cordon.MayHelp),
        new(RejectedBy.Taints, static _ => true, Taints.Check, Taints.MayHelp),
        new(RejectedBy.NodeAffinity, Affinity.Applies, Affinity.Check, Affinity.MayHelp),
        new(RejectedBy.Ports, Ports.Applies, Ports.Check, Ports.MayHelp),
        new(RejectedBy.Fit, static _ => true, Fit.Check, Fit.MayHelp),
        new(RejectedBy.Devices, Filters.Devices.Applies, Filters.Devices.Check, Filters.Devices.MayHelp),
        new(RejectedBy.Spread, Spread.Applies, Spread.Check, Spread.MayHelp),
        new(RejectedBy.PodAffinity, NearPods.Applies, NearPods.Check, NearPods.MayHelp),
    ];
}
