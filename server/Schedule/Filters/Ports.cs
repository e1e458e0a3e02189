using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes where another pod holds a host port that this one claims.</summary>
internal static class Ports
{
    private static readonly Rejection Rejected =
        Rejection.UntilFree("node(s) didn't have free ports for the requested pod ports");

    public static bool Applies(PreparedPod pod) => pod.Spec.HostPorts.Count > 0;

    public static Rejection? Check(PreparedPod pod, NodeView node) =>
        Collide(pod.Spec.HostPorts, node.HostPorts) ? Rejected : null;

    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => !Collide(pod.Spec.HostPorts, added.Node.HostPorts),
        ClusterEvent.PodGone gone => Collide(pod.Spec.HostPorts, gone.Demand.Spec.HostPorts),
        _ => false,
    };

    private static bool Collide(IReadOnlyList<HostPortClaim> wanted, IReadOnlyList<HostPortClaim> taken)
    {
        foreach (var claim in wanted)
        {
            foreach (var other in taken)
            {
                if (claim.Excludes(other))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
