using System.Collections.Concurrent;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// Whether something is known of a node. What a node out of reach runs may be well, but nobody can say: rollouts
/// neither count on it nor wait for it.
/// </summary>
internal sealed class NodeReach(ObjectStore store, ILogger<NodeReach> log)
{
    /// <summary>What Ready says of a node that never said it.</summary>
    private const string Silent = "";

    private readonly ConcurrentDictionary<string, (long Revision, string? Ready)> _known = new();

    /// <summary>False for a node whose Ready is Unknown, and for one that is not there at all.</summary>
    public bool IsThere(string node) => IsKnown(ReadyOf(node));

    /// <summary>False for a node that never said Ready, or of which nothing is known.</summary>
    public static bool IsThere(Node node) => IsKnown(ReadyOf(node));

    /// <summary>
    /// The pods of such a node count as not ready, whatever they said last: it is not there, or its Ready turned to
    /// something else than True, as Kubernetes' node controller shows them.
    /// </summary>
    public bool IsAway(string node) => ReadyOf(node) is not ("True" or Silent);

    /// <summary>Placed, and nothing is known of where.</summary>
    public bool IsAbsent(PodView pod) => pod.NodeName.Length > 0 && !IsThere(pod.NodeName);

    /// <summary>
    /// A source that tells the keys which a node's pods concern, when it comes, goes or its Ready turns.
    /// </summary>
    public WatchSource Source(PodIndex pods, Func<PodView, IEnumerable<string>> keysOf) =>
        Source(node => pods.OnNode(node).SelectMany(keysOf));

    /// <summary>A source that tells the keys which a node concerns, when it comes, goes or its Ready turns.</summary>
    public WatchSource Source(Func<string, IEnumerable<string>> keysOf)
    {
        var news = new NodeNews<string>(ReadyOf, (old, next) => old == next, log);
        return WatchSource.Indexed(Resources.Nodes.Prefix(), step => [.. news.Of(step).SelectMany(keysOf)]);
    }

    private static bool IsKnown(string? ready) => ready is not (null or Silent or "Unknown");

    /// <summary>Null for a node that is not there, or cannot be read.</summary>
    private string? ReadyOf(string node)
    {
        if (store.Get(Resources.Nodes.KeyOf(null, node)) is not { } stored)
        {
            _known.TryRemove(node, out _);
            return null;
        }

        if (_known.TryGetValue(node, out var known) && known.Revision == stored.Revision)
        {
            return known.Ready;
        }

        var ready = Objects.TryRead(Resources.Nodes, stored, log) is { } read ? ReadyOf(read) : null;
        _known[node] = (stored.Revision, ready);
        return ready;
    }

    private static string ReadyOf(Node node)
    {
        foreach (var condition in node.Status?.Conditions ?? [])
        {
            if (condition.Type == "Ready")
            {
                return condition.Status;
            }
        }

        return Silent;
    }
}
