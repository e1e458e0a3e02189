using Edge.Server.Schedule.Demand;

namespace Edge.Server.Schedule.Topology;

/// <summary>Which nodes a <see cref="NodeScope"/> includes now, and how many of them each domain has.</summary>
internal sealed class ScopedNodes(NodeScope scope, IReadOnlyList<TopologyKey> keys)
{
    private readonly DomainCounts[] _nodes = [.. keys.Select(_ => new DomainCounts())];
    private bool[] _includes = [];

    public NodeScope Scope { get; } = scope;

    public IReadOnlyList<TopologyKey> Keys { get; } = keys;

    /// <summary>Grows with every change.</summary>
    public long Version { get; private set; }

    public bool Includes(int slot) => (uint)slot < (uint)_includes.Length && _includes[slot];

    /// <summary>Nodes of the scope by domain of the key.</summary>
    public DomainCounts NodesBy(TopologyKey key)
    {
        for (var at = 0; at < Keys.Count; at++)
        {
            if (Keys[at] == key)
            {
                return _nodes[at];
            }
        }

        throw new ArgumentException($"the scope does not name {key.Label}", nameof(key));
    }

    /// <summary>Takes a node out, as its domains still are.</summary>
    public void Remove(int slot)
    {
        if (Includes(slot))
        {
            Count(slot, -1);
            _includes[slot] = false;
        }
    }

    /// <summary>Takes a node in, if it belongs, with its domains as they are now.</summary>
    public void Put(int slot, NodeView node)
    {
        if (slot >= _includes.Length)
        {
            Array.Resize(ref _includes, Math.Max(slot + 1, _includes.Length * 2));
        }

        if (Scope.Includes(node))
        {
            _includes[slot] = true;
            Count(slot, 1);
        }
    }

    private void Count(int slot, int delta)
    {
        Version++;
        for (var at = 0; at < Keys.Count; at++)
        {
            _nodes[at].Add(Keys[at].DomainOf[slot], delta);
        }
    }
}
