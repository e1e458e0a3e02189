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
    private readonly ConcurrentDictionary<string, (long Revision, bool IsThere)> _known = new();

    /// <summary>False for a node whose Ready is Unknown, and for one that is not there at all.</summary>
    public bool IsThere(string node)
    {
        if (store.Get(Resources.Nodes.KeyOf(null, node)) is not { } stored)
        {
            _known.TryRemove(node, out _);
            return false;
        }

        if (_known.TryGetValue(node, out var known) && known.Revision == stored.Revision)
        {
            return known.IsThere;
        }

        var read = Objects.TryRead(Resources.Nodes, stored, log);
        var isThere = read is not null && IsThere(read);
        _known[node] = (stored.Revision, isThere);
        return isThere;
    }

    /// <summary>False for a node whose Ready is Unknown, or that never said it.</summary>
    public static bool IsThere(Node node)
    {
        foreach (var condition in node.Status?.Conditions ?? [])
        {
            if (condition.Type == "Ready")
            {
                return condition.Status != "Unknown";
            }
        }

        return false;
    }

    /// <summary>Placed, and nothing is known of where.</summary>
    public bool IsAbsent(PodView pod) => pod.NodeName.Length > 0 && !IsThere(pod.NodeName);

    /// <summary>A source that tells the keys which a node's pods concern, when it comes, goes or changes.</summary>
    public static WatchSource Source(PodIndex pods, Func<PodView, IEnumerable<string>> keysOf)
    {
        var prefix = Resources.Nodes.Prefix();
        return new WatchSource(prefix, node => pods.OnNode(node.Key[prefix.Length..]).SelectMany(keysOf));
    }
}
