using System.Runtime.InteropServices;
using Edge.Server.Schedule.Demand;
using Edge.Server.Schedule.Devices;
using Edge.Server.Schedule.Filters;
using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule;

/// <summary>
/// What the scheduler knows of nodes and of the pods on them. Owned by one loop; fed by watches and, ahead of them, by
/// the loop's own placements.
/// </summary>
internal sealed class ClusterState
{
    private readonly List<NodeView> _nodes = [];
    private readonly List<int> _slots = [];
    private readonly Dictionary<string, int> _indexOf = [];
    private readonly List<List<PlacedPod>> _podsBySlot = [];
    private readonly Stack<int> _unusedSlots = new();
    private readonly Dictionary<string, PlacedPod> _placed = [];
    private readonly Dictionary<string, List<PlacedPod>> _homeless = [];
    private readonly SortedDictionary<int, int> _podsByPriority = [];
    private readonly TopologyIndex _topology = new();
    private readonly ImageIndex _images = new();
    private readonly TaintRejections _taintRejections = new();
    private readonly DeviceTopologies _deviceTopologies = new();

    public IReadOnlyList<NodeView> Nodes => _nodes;

    /// <summary>The slot of each of <see cref="Nodes"/>, which tells of its neighbours without a look at it.</summary>
    public ReadOnlySpan<int> Slots => CollectionsMarshal.AsSpan(_slots);

    /// <summary>Pods that wait for a node that is being made free for them.</summary>
    public Nominations Nominations { get; } = new();

    /// <summary>How many pods may be made to leave, by whom they are protected.</summary>
    public IReadOnlyList<DisruptionBudget> Budgets { get; set; } = [];

    public NodeView? Node(string name) => _indexOf.TryGetValue(name, out var index) ? _nodes[index] : null;

    public IReadOnlyList<PlacedPod> PodsOn(NodeView node) => _podsBySlot[node.Slot];

    public PlacedPod? Placed(string key) => _placed.GetValueOrDefault(key);

    /// <summary>Whether any placed pod is of lower priority.</summary>
    public bool HasBelow(int priority)
    {
        foreach (var lowest in _podsByPriority.Keys)
        {
            return lowest < priority;
        }

        return false;
    }

    public PreparedPod Prepare(PodDemand demand)
    {
        var pod = _topology.Prepare(demand);
        pod.SetImages(_images, _nodes.Count);
        return pod;
    }

    /// <summary>True when its labels are others than before; null when it is gone.</summary>
    public bool SetNamespace(string name, LabelSet? labels) => _topology.SetNamespace(name, labels);

    /// <summary>
    /// Takes a node in, with the pods already known to be there. The event says what changed for placement, null when
    /// nothing did.
    /// </summary>
    public ClusterEvent? PutNode(NodeView view)
    {
        view = view with { TaintRejections = _taintRejections.Of(view.Taints) };
        if (!_indexOf.TryGetValue(view.Name, out var index))
        {
            return Enter(view);
        }

        var old = _nodes[index];
        var now = old.Become(view);
        if (!ReferenceEquals(old.Devices, now.Devices))
        {
            now.Devices?.Share(_deviceTopologies);
            now = now.WithDevicesOf(_podsBySlot[old.Slot]);
        }

        _nodes[index] = now;
        _images.Change(old, now);
        var change = NodeChange.Between(old, now);
        if (change.Labels || change.Taints)
        {
            Regroup(now.Slot, now);
        }

        return change.Any ? new ClusterEvent.NodeChanged(old, now, change) : null;
    }

    /// <summary>Pods there wait for the node to come back, and count nowhere meanwhile.</summary>
    public ClusterEvent? RemoveNode(string name)
    {
        if (!_indexOf.TryGetValue(name, out var index))
        {
            return null;
        }

        var gone = _nodes[index];
        foreach (var pod in _podsBySlot[gone.Slot].ToArray())
        {
            Leave(pod);
            Await(pod);
        }

        _topology.SetNode(gone.Slot, null);
        _images.Change(gone, null);
        _unusedSlots.Push(gone.Slot);
        _indexOf.Remove(name);

        // The last node takes the place of the gone one, so that no index but its own moves.
        var last = _nodes[^1];
        _nodes.RemoveAt(_nodes.Count - 1);
        _slots.RemoveAt(_slots.Count - 1);
        if (last.Name != name)
        {
            _nodes[index] = last;
            _slots[index] = last.Slot;
            _indexOf[last.Name] = index;
        }

        return new ClusterEvent.NodeGone(gone);
    }

    /// <summary>
    /// Counts a pod on a node, with the devices it was given there; null when it is counted there already, and as it
    /// is.
    /// </summary>
    public ClusterEvent? Assign(PodFacts pod, string node, IReadOnlyList<string> devices)
    {
        // Whatever it is: a late word of the time before it was bound may have nominated it again.
        Nominations.Remove(pod.Key);
        var known = _placed.GetValueOrDefault(pod.Key);
        if (known is not null && known.Node == node && known.Uid == pod.Uid && known.Demand == pod.Demand
            && known.IsTerminating == pod.IsTerminating && known.IsPreempted == pod.IsPreempted
            && (pod.Started == 0 || known.Started == pod.Started) && known.Devices.SequenceEqual(devices))
        {
            return null;
        }

        var same = known is not null && known.Node == node && known.Uid == pod.Uid;
        Release(pod.Key);
        // The node's own text for its name: one for all its pods.
        var placed = new PlacedPod(pod, Node(node)?.Name ?? node, devices);
        _placed[pod.Key] = placed;
        _podsByPriority[placed.Demand.Priority] = _podsByPriority.GetValueOrDefault(placed.Demand.Priority) + 1;
        _topology.Join(placed);
        if (_indexOf.TryGetValue(node, out var index))
        {
            Settle(placed, _nodes[index].Slot);
        }
        else
        {
            Await(placed);
        }

        return same ? new ClusterEvent.PodChanged(known!, placed) : new ClusterEvent.PodAdded(placed);
    }

    /// <summary>Counts a pod no longer; null when it was not counted.</summary>
    public ClusterEvent? Release(string key)
    {
        if (!_placed.Remove(key, out var pod))
        {
            return null;
        }

        if (--_podsByPriority[pod.Demand.Priority] == 0)
        {
            _podsByPriority.Remove(pod.Demand.Priority);
        }

        if (pod.Slot >= 0)
        {
            Leave(pod);
        }
        else if (_homeless.TryGetValue(pod.Node, out var waiting) && waiting.Remove(pod) && waiting.Count == 0)
        {
            _homeless.Remove(pod.Node);
        }

        _topology.Leave(pod);
        return new ClusterEvent.PodGone(pod.Demand);
    }

    /// <summary>Counts a placed pod no longer, to see what would be without it, until it is put back.</summary>
    public void Lift(PlacedPod pod)
    {
        _topology.Count(pod, -1);
        Change(pod, static (node, placed) => node.Without(placed));
    }

    public void PutBack(PlacedPod pod)
    {
        _topology.Count(pod, 1);
        Change(pod, static (node, placed) => node.With(placed));
    }

    /// <summary>Counts a pod on a node as if it were there, to see what would be, until it is lifted.</summary>
    public PlacedPod Suppose(PodFacts pod, NodeView node)
    {
        var supposed = new PlacedPod(pod, node.Name, []) { Slot = node.Slot };
        _topology.Join(supposed);
        PutBack(supposed);
        return supposed;
    }

    public void EndSuppose(PlacedPod supposed)
    {
        Lift(supposed);
        _topology.Leave(supposed);
    }

    public IReadOnlyList<string> AssignedKeys() => [.. _placed.Keys];

    private ClusterEvent.NodeAdded Enter(NodeView view)
    {
        var slot = _unusedSlots.TryPop(out var unused) ? unused : _podsBySlot.Count;
        if (slot == _podsBySlot.Count)
        {
            _podsBySlot.Add([]);
        }

        view.Devices?.Share(_deviceTopologies);
        var node = view with { Slot = slot };
        _indexOf[view.Name] = _nodes.Count;
        _nodes.Add(node);
        _slots.Add(slot);
        _topology.SetNode(slot, node);
        _images.Change(null, node);
        if (_homeless.Remove(view.Name, out var waiting))
        {
            foreach (var pod in waiting)
            {
                Settle(pod, slot);
            }
        }

        return new ClusterEvent.NodeAdded(_nodes[^1]);
    }

    private void Regroup(int slot, NodeView node)
    {
        var pods = _podsBySlot[slot];
        foreach (var pod in pods)
        {
            _topology.Count(pod, -1);
        }

        _topology.SetNode(slot, node);
        foreach (var pod in pods)
        {
            _topology.Count(pod, 1);
        }
    }

    private void Settle(PlacedPod pod, int slot)
    {
        pod.Slot = slot;
        pod.IndexOnNode = _podsBySlot[slot].Count;
        _podsBySlot[slot].Add(pod);
        PutBack(pod);
    }

    private void Leave(PlacedPod pod)
    {
        Lift(pod);
        var pods = _podsBySlot[pod.Slot];
        var last = pods[^1];
        pods[pod.IndexOnNode] = last;
        last.IndexOnNode = pod.IndexOnNode;
        pods.RemoveAt(pods.Count - 1);
        pod.Slot = -1;
    }

    private void Await(PlacedPod pod)
    {
        if (!_homeless.TryGetValue(pod.Node, out var waiting))
        {
            waiting = _homeless[pod.Node] = [];
        }

        waiting.Add(pod);
    }

    private void Change(PlacedPod pod, Func<NodeView, PlacedPod, NodeView> change)
    {
        var index = _indexOf[pod.Node];
        _nodes[index] = change(_nodes[index], pod);
    }
}
