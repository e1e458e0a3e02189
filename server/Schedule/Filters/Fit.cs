using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Filters;

/// <summary>Leaves out nodes whose free resources do not hold the pod; names every resource that is short.</summary>
internal static class Fit
{
    /// <summary>The last of the bits that stand for extended resources.</summary>
    private const int ExtendedMax = 119;

    private static readonly string[] Names =
        ["Too many pods", "Insufficient cpu", "Insufficient memory", "Insufficient ephemeral-storage"];

    /// <summary>By which of <see cref="Names"/> apply, one bit each.</summary>
    private static readonly Rejection[] Rejections =
    [
        .. Enumerable.Range(0, 1 << Names.Length).Select(bits =>
            new Rejection([.. Names.Where((_, at) => (bits & (1 << at)) != 0)], MayFreeUp: true)),
    ];

    public static Rejection? Check(PreparedPod pod, NodeView node)
    {
        var wanted = pod.Spec.Requests;
        var bits = node.Pods + 1 > node.PodsMax ? 1 : 0;
        bits |= IsShort(wanted.MilliCpu, node.Requested.MilliCpu, node.Allocatable.MilliCpu) ? 2 : 0;
        bits |= IsShort(
            wanted.Memory + node.SharedMemoryFor(pod.Spec), node.Requested.Memory + node.SharedMemoryUse,
            node.Allocatable.Memory) ? 4 : 0;
        bits |= IsShort(wanted.EphemeralStorage, node.Requested.EphemeralStorage, node.Allocatable.EphemeralStorage)
            ? 8
            : 0;
        return wanted.HasExtended ? WithExtended(pod, node, bits) : bits == 0 ? null : Rejections[bits];
    }

    /// <summary>A node helps when it would hold the pod if it were empty, as in kube-scheduler.</summary>
    public static bool MayHelp(PodDemand pod, ClusterEvent change) => change switch
    {
        ClusterEvent.NodeAdded added => HoldsAlone(added.Node, pod),
        ClusterEvent.NodeChanged { Change.Allocatable: true } changed =>
            HoldsAlone(changed.Now, pod) && HasGrown(changed.Old, changed.Now, pod),
        ClusterEvent.PodGone => true,
        ClusterEvent.PodChanged changed => !changed.Now.Demand.Requests.Covers(changed.Old.Demand.Requests),
        _ => false,
    };

    private static bool HasGrown(NodeView old, NodeView now, PodDemand pod)
    {
        var (wanted, before, after) = (pod.Requests, old.Allocatable, now.Allocatable);
        if (now.PodsMax > old.PodsMax || (wanted.MilliCpu > 0 && after.MilliCpu > before.MilliCpu)
            || (wanted.Memory > 0 && after.Memory > before.Memory)
            || (wanted.EphemeralStorage > 0 && after.EphemeralStorage > before.EphemeralStorage))
        {
            return true;
        }

        return wanted.Extended?.Keys.Any(name => after.Of(name) > before.Of(name)) == true;
    }

    private static bool HoldsAlone(NodeView node, PodDemand pod) =>
        node.PodsMax > 0 && node.Allocatable.Covers(
            IsOfDevices(pod.Spec, node, GpuDevice.Memory) ? pod.Requests.Without(GpuDevice.Memory) : pod.Requests);

    /// <summary>A pod that asks for nothing of a resource fits even where it is overdrawn.</summary>
    private static bool IsShort(long wanted, long taken, long offered) => wanted > 0 && wanted > offered - taken;

    /// <summary>Each set of short resources has its rejection, kept with the pod that names them.</summary>
    private static Rejection? WithExtended(PreparedPod pod, NodeView node, int bits)
    {
        UInt128 set = 0;
        var at = 0;
        foreach (var (name, amount) in pod.Spec.Requests.Extended!)
        {
            // More resources than bits share the last: nobody asks for so many, and then only the words are too many.
            var bit = Math.Min(at++, ExtendedMax);
            // What a node has one by one, Devices looks at one by one.
            set |= !IsOfDevices(pod.Spec, node, name)
                && IsShort(amount, node.Requested.Of(name), node.Allocatable.Of(name)) ? UInt128.One << bit : 0;
        }

        if (set == 0)
        {
            return bits == 0 ? null : Rejections[bits];
        }

        set |= (UInt128)(uint)bits << (ExtendedMax + 1);
        return pod.ShortOf.TryGetValue(set, out var known)
            ? known
            : pod.ShortOf[set] = Name(pod.Spec.Requests.Extended!, set, bits);
    }

    private static bool IsOfDevices(SpecDemand pod, NodeView node, string resource)
    {
        if (node.Devices is not { } devices)
        {
            return false;
        }

        if (resource != GpuDevice.Memory)
        {
            return devices.Has(resource);
        }

        // Of the devices that the pod gets; without any it is an amount.
        foreach (var (other, _) in pod.Requests.Extended ?? ResourceAmounts.NoExtended)
        {
            if (devices.Has(other))
            {
                return true;
            }
        }

        return false;
    }

    private static Rejection Name(IReadOnlyDictionary<string, long> extended, UInt128 set, int bits)
    {
        List<string> reasons = [.. Rejections[bits].Reasons];
        var at = 0;
        foreach (var name in extended.Keys)
        {
            if ((set >> Math.Min(at++, ExtendedMax) & 1) == 1)
            {
                reasons.Add($"Insufficient {name}");
            }
        }

        return new Rejection(reasons, MayFreeUp: true);
    }
}
