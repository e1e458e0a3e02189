using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>
/// What the scheduler knows of nodes and of the pods on them. Owned by one loop; fed by watches and, ahead of them, by
/// the loop's own placements.
/// </summary>
internal sealed class ClusterState
{
    private readonly List<NodeView> _nodes = [];
    private readonly Dictionary<string, int> _indexOf = [];
    private readonly Dictionary<string, Assigned> _assigned = [];

    private sealed record Assigned(string Node, PodDemand Demand);

    public IReadOnlyList<NodeView> Nodes => _nodes;

    /// <summary>
    /// Takes a node in, with the pods already known to be there. True when placement could differ now.
    /// </summary>
    public bool PutNode(Node node)
    {
        var view = NodeView.From(node);
        if (_indexOf.TryGetValue(view.Name, out var index))
        {
            var old = _nodes[index];
            _nodes[index] = view with
            {
                Requested = old.Requested,
                ScoredMilliCpu = old.ScoredMilliCpu,
                ScoredMemory = old.ScoredMemory,
                Pods = old.Pods,
                HostPorts = old.HostPorts,
            };
            return Differs(old, view);
        }

        foreach (var pod in _assigned.Values.Where(pod => pod.Node == view.Name))
        {
            view = view.With(pod.Demand);
        }

        _indexOf[view.Name] = _nodes.Count;
        _nodes.Add(view);
        return true;
    }

    public void RemoveNode(string name)
    {
        if (!_indexOf.Remove(name, out var index))
        {
            return;
        }

        // The last node takes the place of the gone one, so that no index but its own moves.
        var last = _nodes[^1];
        _nodes.RemoveAt(_nodes.Count - 1);
        if (last.Name != name)
        {
            _nodes[index] = last;
            _indexOf[last.Name] = index;
        }
    }

    /// <summary>Counts a pod on a node; a pod counted before moves.</summary>
    public void Assign(string key, string node, PodDemand demand)
    {
        if (_assigned.TryGetValue(key, out var before) && before.Node == node && before.Demand.Uid == demand.Uid)
        {
            return;
        }

        Release(key);
        _assigned[key] = new Assigned(node, demand);
        if (_indexOf.TryGetValue(node, out var index))
        {
            _nodes[index] = _nodes[index].With(demand);
        }
    }

    /// <summary>Counts a pod no longer; true when it was counted.</summary>
    public bool Release(string key)
    {
        if (!_assigned.Remove(key, out var pod))
        {
            return false;
        }

        if (_indexOf.TryGetValue(pod.Node, out var index))
        {
            _nodes[index] = _nodes[index].Without(pod.Demand);
        }

        return true;
    }

    public IReadOnlyList<string> AssignedKeys() => [.. _assigned.Keys];

    private static bool Differs(NodeView old, NodeView now) =>
        old.Unschedulable != now.Unschedulable
        || old.PodsMax != now.PodsMax
        || !Same(old.Allocatable, now.Allocatable)
        || !old.Taints.SequenceEqual(now.Taints)
        || !Same(old.Labels, now.Labels);

    private static bool Same(ResourceAmounts left, ResourceAmounts right) =>
        (left.MilliCpu, left.Memory, left.EphemeralStorage) == (right.MilliCpu, right.Memory, right.EphemeralStorage)
        && Same(left.Extended, right.Extended);

    private static bool Same<T>(IReadOnlyDictionary<string, T> left, IReadOnlyDictionary<string, T> right) =>
        left.Count == right.Count
        && left.All(pair => right.TryGetValue(pair.Key, out var value) && Equals(value, pair.Value));
}
