using System.Collections.Concurrent;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Workloads;

/// <summary>All nodes, as far as they decide where a workload's pods belong.</summary>
internal sealed class NodeIndex(ObjectStore store, ILogger<NodeIndex> log)
{
    private const string All = "all";

    private readonly StoreIndex<NodeView> _nodes = new(
        store, Resources.Nodes.Prefix(),
        stored => Objects.TryRead(Resources.Nodes, stored, log) is { } node ? NodeView.From(node) : null,
        _ => [All]);

    /// <inheritdoc cref="StoreIndex{TView}.Prime"/>
    public void Prime() => _nodes.Prime();

    /// <summary>By name.</summary>
    public IReadOnlyList<NodeView> List() => _nodes.On(All);

    /// <summary>
    /// A source that tells all keys when a node comes, goes, or changes in what decides; most changes of a node are
    /// only news of its health and its images.
    /// </summary>
    public WatchSource Source(Func<IEnumerable<string>> allKeys)
    {
        var seen = new ConcurrentDictionary<string, NodeView>();
        return new WatchSource(
            Resources.Nodes.Prefix(),
            node =>
            {
                var view = _nodes.Look(node.Key);
                var before = seen.GetValueOrDefault(node.Key);
                if (view is null)
                {
                    seen.TryRemove(node.Key, out _);
                    return allKeys();
                }

                seen[node.Key] = view;
                return before?.SaysTheSame(view) == true ? [] : allKeys();
            },
            allKeys);
    }
}
