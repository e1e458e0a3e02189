using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.TaintEviction;

/// <summary>
/// Which pods are on which node, and which nodes have NoExecute taints, as the watches tell it: an event of a node
/// whose taints stayed concerns nobody, and one of a pod looks at no other pod. Holds an entry per bound pod.
/// Thread-safe.
/// </summary>
internal sealed class TaintedPods(Objects objects, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HashSet<string>> _onNode = [];
    private readonly Dictionary<string, string> _nodeOf = [];
    private readonly Dictionary<string, string> _taints = [];

    /// <summary>Takes in a pod of the watch; its key when its node has taints.</summary>
    public IEnumerable<string> OfPod(StoredObject stored)
    {
        var key = stored.Key[Resources.Pods.Prefix().Length..];
        var node = objects.Store.Get(stored.Key) is null
            ? null
            : Objects.TryRead(Resources.Pods, stored, log)?.Spec.NodeName;
        lock (_gate)
        {
            Place(key, string.IsNullOrEmpty(node) ? null : node);
            return node is not null && _taints.ContainsKey(node) ? [key] : [];
        }
    }

    /// <summary>Takes in a node of the watch; its pods when its taints are others than before.</summary>
    public IEnumerable<string> OfNode(StoredObject stored)
    {
        var name = stored.Key[Resources.Nodes.Prefix().Length..];
        var node = objects.Store.Get(stored.Key) is null ? null : Objects.TryRead(Resources.Nodes, stored, log);
        var taints = node is null ? "" : TaintEvictionPlan.Signature(node);
        lock (_gate)
        {
            if (taints == _taints.GetValueOrDefault(name, ""))
            {
                return [];
            }

            if (taints.Length == 0)
            {
                _taints.Remove(name);
            }
            else
            {
                _taints[name] = taints;
            }

            return [.. _onNode.GetValueOrDefault(name) ?? []];
        }
    }

    /// <summary>Pods that are gone and of which no event told.</summary>
    public IEnumerable<string> Vanished()
    {
        lock (_gate)
        {
            return [.. _nodeOf.Keys.Where(key => objects.Store.Get(Resources.Pods.Prefix() + key) is null)];
        }
    }

    public void Forget(string key)
    {
        lock (_gate)
        {
            Place(key, null);
        }
    }

    private void Place(string key, string? node)
    {
        if (_nodeOf.Remove(key, out var before) && _onNode.TryGetValue(before, out var pods))
        {
            pods.Remove(key);
            if (pods.Count == 0)
            {
                _onNode.Remove(before);
            }
        }

        if (node is null)
        {
            return;
        }

        _nodeOf[key] = node;
        if (!_onNode.TryGetValue(node, out pods))
        {
            _onNode[node] = pods = [];
        }

        pods.Add(key);
    }
}
