using Edge.Proto.Model;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves cordoned nodes out, unless the pod tolerates the taint that a cordon stands for.</summary>
internal static class Cordon
{
    private static readonly Taint CordonTaint =
        new() { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" };

    private static readonly string[] Rejected = ["node(s) were unschedulable"];

    public static IReadOnlyList<string> Reasons(PodDemand pod, NodeView node) =>
        node.Unschedulable && !pod.Tolerations.Any(toleration => toleration.Tolerates(CordonTaint)) ? Rejected : [];
}
