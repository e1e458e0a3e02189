using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>A pod that takes its share of a node. Kept small: there is one for every pod of the fleet.</summary>
internal sealed class PlacedPod(PodFacts pod, string node, IReadOnlyList<string> devices)
{
    public string Key { get; } = pod.Key;
    public string Uid { get; } = pod.Uid;
    public string Node { get; } = node;
    public PodDemand Demand { get; } = pod.Demand;

    /// <summary>Each as often as it has a share of it.</summary>
    public IReadOnlyList<string> Devices { get; } = devices;

    /// <summary>In seconds since 1970; a pod that did not start yet is the youngest.</summary>
    public long Started { get; } = pod.Started == 0 ? long.MaxValue : pod.Started;

    public bool IsTerminating { get; init; } = pod.IsTerminating;

    /// <summary>Terminating because it was preempted.</summary>
    public bool IsPreempted { get; init; } = pod.IsPreempted;

    public string Name => Key[(Key.LastIndexOf('/') + 1)..];

    /// <summary>Set by ClusterState; negative while the node is not known.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Set by TopologyIndex.</summary>
    public PodGroup? Group { get; set; }

    public int IndexOnNode { get; set; }
    public int IndexInGroup { get; set; }

    /// <summary>Higher priority first, then who runs longer (kube-scheduler's MoreImportantPod).</summary>
    public static int ByImportance(PlacedPod left, PlacedPod right) =>
        left.Demand.Priority != right.Demand.Priority
            ? right.Demand.Priority.CompareTo(left.Demand.Priority)
            : left.Started != right.Started
                ? left.Started.CompareTo(right.Started)
                : string.CompareOrdinal(left.Key, right.Key);
}

/// <summary>Placed pods that are alike: one demand.</summary>
internal sealed class PodGroup(PodDemand demand)
{
    public PodDemand Demand { get; } = demand;
    public List<PlacedPod> Members { get; } = [];

    /// <summary>Its own terms.</summary>
    public IReadOnlyList<CarriedTerm> Carried { get; set; } = [];

    /// <summary>Selectors that mean it, as of <see cref="MatchedVersion"/>.</summary>
    public List<WatchedSelector> Matched { get; } = [];
    public long MatchedVersion { get; set; } = -1;
}
