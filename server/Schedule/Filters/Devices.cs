using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Devices;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>
/// Leaves out nodes that have too few devices which are well and free, one by one: an amount alone also counts what a
/// pod still holds of a device that has failed.
/// </summary>
internal static class Devices
{
    public static bool Applies(PreparedPod pod) => pod.Spec.DeviceClaims.Count > 0;

    public static Rejection? Check(PreparedPod pod, NodeView node)
    {
        if (node.Devices is not { } devices)
        {
            return null;
        }

        if (TooMany(pod, devices) is { } refused)
        {
            return refused;
        }

        foreach (var (resource, wanted) in pod.Spec.Requests.Extended!)
        {
            if (devices.Has(resource) && Free(node, resource) < wanted)
            {
                return pod.NoDevice.TryGetValue(resource, out var known)
                    ? known
                    : pod.NoDevice[resource] = new Rejection([$"Insufficient {resource}"], MayFreeUp: true);
            }
        }

        return null;
    }

    /// <summary>
    /// Where the device plugin fails the pod on its node (<c>failRequestsGreaterThanOne</c>), the node is left out: two
    /// shares are not twice the device. A pod that has them already keeps them.
    /// </summary>
    private static Rejection? TooMany(PreparedPod pod, NodeDevices devices)
    {
        foreach (var claim in pod.Spec.DeviceClaims)
        {
            if (claim.Count > 1 && devices.GivesOneOf(claim.Resource))
            {
                var reason = $"request for '{claim.Resource}: {claim.Count}' too large: maximum request size for "
                    + "shared resources is 1";
                return pod.NoDevice.TryGetValue(reason, out var known)
                    ? known
                    : pod.NoDevice[reason] = new Rejection([reason], MayFreeUp: false);
            }
        }

        return null;
    }

    /// <summary>Any change of a node's devices comes with its amounts, or as a change of its own.</summary>
    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded or ClusterEvent.NodeChanged { Change.Allocatable: true } or ClusterEvent.PodGone => true,
        _ => false,
    };

    /// <summary>What pods have without chosen devices, as one the node is kept free for, counts too.</summary>
    private static long Free(NodeView node, string resource)
    {
        var (free, chosen) = (0L, 0L);
        for (var at = 0; at < node.Devices!.All.Count; at++)
        {
            var device = node.Devices.All[at];
            if (device.Resource == resource)
            {
                var used = node.DeviceUse?[at] ?? 0;
                chosen += used;
                free += device.Unhealthy is null ? Math.Max(0, device.Shares - used) : 0;
            }
        }

        return free - Math.Max(0, node.Requested.Of(resource) - chosen);
    }
}
