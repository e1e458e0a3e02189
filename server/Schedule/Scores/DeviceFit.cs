using Edge.Proto.Model;
using Edge.Server.Schedule.Devices;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>
/// Prefers the node whose devices for the pod are closest to each other and, half as much again, the one that is left
/// with fewer: what is spread thinly over nodes is lost for who needs many on one.
/// </summary>
internal static class DeviceFit
{
    private const long ClosenessPart = 65;

    public static bool Applies(PreparedPod pod) => pod.Spec.DeviceClaims.Count > 0;

    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        var closest = 1L;
        for (var at = 0; at < candidates.Count; at++)
        {
            scores[at] = Closeness(pod, candidates[at]);
            closest = Math.Max(closest, scores[at]);
        }

        for (var at = 0; at < candidates.Count; at++)
        {
            scores[at] = (scores[at] * ClosenessPart / closest)
                + (Fullness(pod, candidates[at]) * (NodeScore.Max - ClosenessPart) / NodeScore.Max);
        }
    }

    private static long Closeness(PreparedPod pod, NodeView node)
    {
        var sum = 0L;
        foreach (var (resource, wanted) in pod.Spec.Requests.Extended!)
        {
            // One alone is close to nobody, and all nodes are alike to it.
            if (wanted > 1 && DeviceRoom.Of(node, pod.Spec.DeviceMemory) is { } room && room.Devices.Has(resource)
                && DeviceChoice.Pick(room, resource, (int)wanted) is { } set)
            {
                sum += set.Within;
            }
        }

        return sum;
    }

    private static long Fullness(PreparedPod pod, NodeView node)
    {
        var (taken, offered) = (0L, 0L);
        foreach (var (resource, wanted) in pod.Spec.Requests.Extended!)
        {
            if (resource == GpuDevice.Memory)
            {
                continue;
            }

            taken += node.Requested.Of(resource) + wanted;
            offered += node.Allocatable.Of(resource);
        }

        return offered <= 0 ? 0 : Math.Min(NodeScore.Max, taken * NodeScore.Max / offered);
    }
}
