using Edge.Proto.Model;
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
        if (DeviceRoom.Of(node, 0) is not { } room)
        {
            return null;
        }

        if (TooMany(pod, room.Devices) is { } refused)
        {
            return refused;
        }

        foreach (var (resource, wanted) in pod.Spec.Requests.Extended!)
        {
            if (!room.Devices.Has(resource))
            {
                continue;
            }

            if (Free(room, node, resource) < wanted)
            {
                return Short(pod, resource);
            }

            if (pod.Spec.DeviceMemory is > 0 and var memory
                && Free(room with { Memory = memory }, node, resource) < wanted)
            {
                return Short(pod, GpuDevice.Memory);
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

    private static Rejection Short(PreparedPod pod, string resource) =>
        pod.NoDevice.TryGetValue(resource, out var known)
            ? known
            : pod.NoDevice[resource] = new Rejection([$"Insufficient {resource}"], MayFreeUp: true);

    /// <summary>What pods have without chosen devices, as one the node is kept free for, counts too.</summary>
    private static long Free(in DeviceRoom room, NodeView node, string resource)
    {
        var (free, chosen) = (0L, 0L);
        for (var at = 0; at < room.Devices.All.Count; at++)
        {
            if (room.Devices.All[at].Resource == resource)
            {
                chosen += room.Use?[at] ?? 0;
                free += room.Left(at);
            }
        }

        return free - Math.Max(0, node.Requested.Of(resource) - chosen);
    }
}
