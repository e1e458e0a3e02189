using Edge.Proto.Model;

namespace Edge.Server.Schedule.Devices;

/// <summary>
/// Devices of a node → which of them each container of a pod gets. The pod has one pool of a resource; sidecars and
/// main containers share none of it, an init container gets what no sidecar before it has, as the kubelet does it.
/// Pure.
/// </summary>
internal static class DeviceAllocation
{
    /// <summary>Null when the pod asks for nothing that this node has as devices.</summary>
    public static PodDevices? For(IReadOnlyList<DeviceClaim> claims, long memory, NodeView node)
    {
        if (claims.Count == 0 || DeviceRoom.Of(node, memory) is not { } room)
        {
            return null;
        }

        var devices = room.Devices;
        var containers = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlyList<string>>>();
        foreach (var resource in claims.Select(claim => claim.Resource).Distinct().Where(devices.Has))
        {
            IReadOnlyList<DeviceClaim> own = [.. claims.Where(claim => claim.Resource == resource)];
            if (DeviceChoice.Pick(room, resource, PoolOf(own)) is not { } pool)
            {
                continue;
            }

            foreach (var (container, ids) in HandOut(own, Ids(devices, pool.Positions, node.Shares)))
            {
                containers[container] = new Dictionary<string, IReadOnlyList<string>>(
                    containers.GetValueOrDefault(container) ?? new Dictionary<string, IReadOnlyList<string>>())
                {
                    [resource] = ids,
                };
            }
        }

        return containers.Count == 0 ? null : new PodDevices(containers);
    }

    /// <summary>
    /// What is shared is given by the lowest number that nobody has; after a change of the document numbers beyond the
    /// shares of now may be held.
    /// </summary>
    private static List<string> Ids(NodeDevices devices, int[] pool, IReadOnlyList<string> held)
    {
        var ids = new List<string>(pool.Length);
        foreach (var at in pool)
        {
            var device = devices.All[at];
            var id = device.Id;
            for (var number = 0; device.Shares > 1 && (number == 0 || held.Contains(id) || ids.Contains(id)); number++)
            {
                id = DeviceShare.Of(device.Id, number);
            }

            ids.Add(id);
        }

        return ids;
    }

    /// <summary>The most that is had at once (KEP-753).</summary>
    private static int PoolOf(IReadOnlyList<DeviceClaim> claims)
    {
        var (sidecars, peak, mains) = (0, 0, 0);
        foreach (var claim in claims)
        {
            switch (claim.Time)
            {
                case ClaimTime.Sidecar:
                    sidecars += claim.Count;
                    break;
                case ClaimTime.Init:
                    peak = Math.Max(peak, sidecars + claim.Count);
                    break;
                default:
                    mains += claim.Count;
                    break;
            }
        }

        return Math.Max(peak, sidecars + mains);
    }

    private static IEnumerable<(string Container, IReadOnlyList<string> Ids)> HandOut(
        IReadOnlyList<DeviceClaim> claims, List<string> pool)
    {
        var held = 0;
        foreach (var claim in claims)
        {
            yield return (claim.Container, pool.GetRange(held, claim.Count));
            held += claim.Time == ClaimTime.Init ? 0 : claim.Count;
        }
    }
}
