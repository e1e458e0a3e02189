using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>What changed about a node, as far as placement reads it.</summary>
internal readonly record struct NodeChange(bool Labels, bool Taints, bool Allocatable)
{
    public bool Any => Labels || Taints || Allocatable;

    /// <summary>A cordon stands for a taint, as in kube-scheduler.</summary>
    public static NodeChange Between(NodeView old, NodeView now) => new(
        !Same(old.Labels, now.Labels),
        old.Unschedulable != now.Unschedulable || old.IsReachable != now.IsReachable
            || !old.Taints.SequenceEqual(now.Taints),
        old.PodsMax != now.PodsMax || !old.Allocatable.Equals(now.Allocatable)
            || old.Devices?.Text != now.Devices?.Text);

    private static bool Same(IReadOnlyDictionary<string, string> left, IReadOnlyDictionary<string, string> right)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach (var (key, value) in left)
        {
            if (right.GetValueOrDefault(key) != value)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A change of the cluster that may let a pod be placed that could not be before.</summary>
internal abstract record ClusterEvent
{
    private ClusterEvent()
    {
    }

    internal sealed record NodeAdded(NodeView Node) : ClusterEvent;

    internal sealed record NodeChanged(NodeView Old, NodeView Now, NodeChange Change) : ClusterEvent;

    internal sealed record NodeGone(NodeView Node) : ClusterEvent;

    /// <summary>A pod takes its share of a node now.</summary>
    internal sealed record PodAdded(PlacedPod Pod) : ClusterEvent;

    /// <summary>Its labels or its requests changed, or it is on its way out.</summary>
    internal sealed record PodChanged(PlacedPod Old, PlacedPod Now) : ClusterEvent;

    /// <summary>A pod like this takes no share of a node any more, or no node is kept free for it any more.</summary>
    internal sealed record PodGone(PodDemand Demand) : ClusterEvent;

    /// <summary>Labels of a namespace changed: terms mean other pods now.</summary>
    internal sealed record NamespaceChanged(string Name) : ClusterEvent;
}
