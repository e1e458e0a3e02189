using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Devices;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>
/// One node as placement sees it: what it offers and what its pods take. Never changed, only replaced.
/// </summary>
internal sealed record NodeView
{
    /// <summary>No node has more devices.</summary>
    private const int CountMax = 1024;

    public required string Name { get; init; }

    /// <summary>Numbers the node while it is known; given again after it is gone. Set by ClusterState.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>False when nobody knows what runs there: what is told to leave may not leave for long.</summary>
    public required bool IsReachable { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required IReadOnlyList<Taint> Taints { get; init; }

    /// <summary>
    /// What each taint says to a pod that does not tolerate it; nodes share them. Set by ClusterState.
    /// </summary>
    public Rejection[] TaintRejections { get; init; } = [];
    public required bool Unschedulable { get; init; }
    public required ResourceAmounts Allocatable { get; init; }
    public required long PodsMax { get; init; }

    /// <summary>Image name → size in bytes.</summary>
    public required IReadOnlyDictionary<string, long> Images { get; init; }
    public ResourceAmounts Requested { get; init; } = ResourceAmounts.Zero;
    public long ScoredMilliCpu { get; init; }
    public long ScoredMemory { get; init; }
    public int Pods { get; init; }
    public IReadOnlyList<HostPortClaim> HostPorts { get; init; } = [];

    /// <summary>The devices that it has one by one; null for nearly every node.</summary>
    public NodeDevices? Devices { get; init; }

    /// <summary>By their position, how many shares of each pods have; null while none has any.</summary>
    public int[]? DeviceUse { get; init; }

    /// <summary>The ids of shares that pods have, so that each is given once.</summary>
    public IReadOnlyList<string> Shares { get; init; } = [];

    /// <summary>By their position, mebibytes that pods said they use of each; null while none said any.</summary>
    public long[]? DeviceMemoryUse { get; init; }

    /// <summary>Bytes of the node's own memory that pods said they use of devices whose memory it is.</summary>
    public long SharedMemoryUse { get; init; }

    /// <summary>The node alone; its pods are added with <see cref="With"/>.</summary>
    public static NodeView From(Node node)
    {
        var allocatable = node.Status?.Allocatable ?? node.Status?.Capacity;
        return new NodeView
        {
            Name = node.Metadata.Name ?? "",
            IsReachable = ReadyOf(node) != "Unknown",
            Labels = node.Metadata.Labels ?? new Dictionary<string, string>(),
            Taints = [.. (node.Spec?.Taints ?? []).Concat(ImpliedTaints(node))],
            Unschedulable = node.Spec?.Unschedulable == true,
            Allocatable = ResourceAmounts.From(allocatable),
            PodsMax = allocatable?.GetValueOrDefault("pods").Units ?? 0,
            Images = ImagesOf(node),
            Devices = NodeDevices.From(node),
        };
    }

    public NodeView With(PlacedPod placed)
    {
        var pod = placed.Demand;
        var view = this with
        {
            Requested = Requested.Plus(pod.Requests),
            ScoredMilliCpu = ScoredMilliCpu + pod.Spec.ScoredMilliCpu,
            ScoredMemory = ScoredMemory + pod.Spec.ScoredMemory,
            Pods = Pods + 1,
            HostPorts = pod.Spec.HostPorts.Count == 0 ? HostPorts : [.. HostPorts, .. pod.Spec.HostPorts],
            Shares = SharesWith(placed),
        };
        return view.WithDevicesOf(placed, 1);
    }

    public NodeView Without(PlacedPod placed)
    {
        var pod = placed.Demand;
        var view = this with
        {
            Requested = Requested.Minus(pod.Requests),
            ScoredMilliCpu = ScoredMilliCpu - pod.Spec.ScoredMilliCpu,
            ScoredMemory = ScoredMemory - pod.Spec.ScoredMemory,
            Pods = Pods - 1,
            HostPorts = pod.Spec.HostPorts.Count == 0 ? HostPorts : Except(HostPorts, pod.Spec.HostPorts),
            Shares = SharesWithout(placed),
        };
        return view.WithDevicesOf(placed, -1);
    }

    /// <summary>The view with the devices of these pods, which are all that it counts.</summary>
    public NodeView WithDevicesOf(IReadOnlyList<PlacedPod> pods)
    {
        var view = this with { DeviceUse = null, DeviceMemoryUse = null, SharedMemoryUse = 0 };
        foreach (var pod in pods)
        {
            view = view.WithDevicesOf(pod, 1);
        }

        return view;
    }

    /// <summary>
    /// The node as <paramref name="now"/> says, with the pods that this view counts, but for their devices where these
    /// are others.
    /// </summary>
    public NodeView Become(NodeView now) => now with
    {
        Slot = Slot,
        Requested = Requested,
        ScoredMilliCpu = ScoredMilliCpu,
        ScoredMemory = ScoredMemory,
        Pods = Pods,
        HostPorts = HostPorts,
        Devices = Devices?.Text == now.Devices?.Text ? Devices : now.Devices,
        DeviceUse = DeviceUse,
        Shares = Shares,
        DeviceMemoryUse = DeviceMemoryUse,
        SharedMemoryUse = SharedMemoryUse,
    };

    /// <summary>
    /// Bytes of the node's own memory that a pod will use as that of its devices, beside what it asks for as memory.
    /// </summary>
    public long SharedMemoryFor(SpecDemand pod)
    {
        if (pod.DeviceMemory == 0 || Devices is not { } devices)
        {
            return 0;
        }

        var count = 0L;
        foreach (var (resource, wanted) in pod.Requests.Extended!)
        {
            count += devices.HasSharingMemory(resource) ? wanted : 0;
        }

        return ResourceAmounts.Cap(Math.Min(count, CountMax) * (pod.DeviceMemory << 20));
    }

    private NodeView WithDevicesOf(PlacedPod pod, int times)
    {
        if (pod.Devices.Count == 0 || Devices is not { } devices)
        {
            return this;
        }

        var use = DeviceUse is null ? new int[devices.All.Count] : [.. DeviceUse];
        var (memory, shared) = (DeviceMemoryUse, SharedMemoryUse);
        if (pod.Demand.Spec.DeviceMemory > 0)
        {
            memory = memory is null ? new long[devices.All.Count] : [.. memory];
        }

        foreach (var id in pod.Devices)
        {
            // One that is gone from the machine counts nowhere.
            if (devices.UseOf(id) is { At: >= 0 } had)
            {
                use[had.At] += times * had.Shares;
                if (memory is not null)
                {
                    memory[had.At] += times * pod.Demand.Spec.DeviceMemory;
                }

                shared += devices.SharesMemory(had.At) ? times * (pod.Demand.Spec.DeviceMemory << 20) : 0;
            }
        }

        return this with { DeviceUse = use, DeviceMemoryUse = memory, SharedMemoryUse = shared };
    }

    private IReadOnlyList<string> SharesWith(PlacedPod pod)
    {
        List<string>? all = null;
        foreach (var id in pod.Devices)
        {
            if (DeviceShare.Is(id))
            {
                (all ??= [.. Shares]).Add(id);
            }
        }

        return all ?? Shares;
    }

    private IReadOnlyList<string> SharesWithout(PlacedPod pod)
    {
        List<string>? rest = null;
        foreach (var id in pod.Devices)
        {
            if (DeviceShare.Is(id))
            {
                (rest ??= [.. Shares]).Remove(id);
            }
        }

        return rest ?? Shares;
    }

    /// <summary>
    /// Taints that the node's condition stands for, in case Control has not written them yet: no pod may slip onto a
    /// node in between.
    /// </summary>
    private static IEnumerable<Taint> ImpliedTaints(Node node)
    {
        var key = ReadyOf(node) switch
        {
            "True" => null,
            "Unknown" => "node.kubernetes.io/unreachable",
            _ => "node.kubernetes.io/not-ready",
        };
        if (key is not null && node.Spec?.Taints?.Any(taint => taint.Key == key) != true)
        {
            yield return new Taint { Key = key, Effect = "NoSchedule" };
        }
    }

    private static string? ReadyOf(Node node) =>
        node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == "Ready")?.Status;

    private static Dictionary<string, long> ImagesOf(Node node)
    {
        var sizes = new Dictionary<string, long>();
        foreach (var image in node.Status?.Images ?? [])
        {
            foreach (var name in image.Names ?? [])
            {
                sizes[name] = ResourceAmounts.Cap(image.SizeBytes ?? 0);
            }
        }

        return sizes;
    }

    private static List<HostPortClaim> Except(IReadOnlyList<HostPortClaim> all, IReadOnlyList<HostPortClaim> gone)
    {
        var rest = all.ToList();
        foreach (var claim in gone)
        {
            rest.Remove(claim);
        }

        return rest;
    }
}
