using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>Which nodes lie together by which label, and which a scope includes; kept up with the nodes.</summary>
internal sealed class NodeGroups
{
    private readonly Dictionary<string, TopologyKey> _keys = [];
    private readonly Dictionary<string, ScopedNodes> _scopes = [];
    private readonly List<NodeView?> _nodes = [];

    /// <summary>Takes a node in, or out (null), on which no pod is counted at this moment.</summary>
    public void Set(int slot, NodeView? node)
    {
        while (_nodes.Count <= slot)
        {
            _nodes.Add(null);
        }

        _nodes[slot] = node;
        foreach (var scope in _scopes.Values)
        {
            scope.Remove(slot);
        }

        foreach (var key in _keys.Values)
        {
            key.Set(slot, node?.Labels.GetValueOrDefault(key.Label));
        }

        if (node is not null)
        {
            foreach (var scope in _scopes.Values)
            {
                scope.Put(slot, node);
            }
        }
    }

    public TopologyKey Key(string label)
    {
        if (!_keys.TryGetValue(label, out var key))
        {
            key = _keys[label] = new TopologyKey(label);
            for (var slot = 0; slot < _nodes.Count; slot++)
            {
                key.Set(slot, _nodes[slot]?.Labels.GetValueOrDefault(label));
            }
        }

        return key;
    }

    public ScopedNodes Scope(NodeScope scope)
    {
        if (!_scopes.TryGetValue(scope.Text, out var nodes))
        {
            nodes = _scopes[scope.Text] = new ScopedNodes(scope, [.. scope.Keys.Select(Key)]);
            for (var slot = 0; slot < _nodes.Count; slot++)
            {
                if (_nodes[slot] is { } node)
                {
                    nodes.Put(slot, node);
                }
            }
        }

        return nodes;
    }

    /// <summary>Forgets what neither the counters nor the terms need.</summary>
    public void Keep(IReadOnlyList<MatchCounter> counters, IReadOnlyList<CarriedTerm> terms)
    {
        var scopes = counters.Select(counter => counter.Scope).OfType<ScopedNodes>().ToHashSet();
        var keys = counters.Select(counter => counter.Key).OfType<TopologyKey>()
            .Concat(terms.Select(term => term.Key)).Concat(scopes.SelectMany(scope => scope.Keys)).ToHashSet();
        foreach (var (text, scope) in _scopes)
        {
            if (!scopes.Contains(scope))
            {
                _scopes.Remove(text);
            }
        }

        foreach (var (label, key) in _keys)
        {
            if (!keys.Contains(key))
            {
                _keys.Remove(label);
            }
        }
    }
}
