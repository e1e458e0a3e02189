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

    /// <summary>A source that tells all keys when a node comes, goes, or changes in what decides.</summary>
    public WatchSource Source(Func<IEnumerable<string>> allKeys)
    {
        var news = new NodeNews<NodeView>(NodeView.From, (old, next) => old.SaysTheSame(next), log);
        return WatchSource.Indexed(Resources.Nodes.Prefix(), step =>
        {
            var names = news.Of(step);
            foreach (var name in names)
            {
                _nodes.Look(Resources.Nodes.KeyOf(null, name));
            }

            return names.Count > 0 ? [.. allKeys()] : [];
        });
    }
}
