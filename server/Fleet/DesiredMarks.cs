using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// Which pods are where, and which nodes must be compiled again after what the store said. The steps of one prefix are
/// taken in the order in which its follower gave them, so none is older than what is known. Owned by one loop.
/// </summary>
internal sealed class DesiredMarks(ILogger log)
{
    /// <summary>Prefixes of the objects that pods refer to.</summary>
    public static readonly IReadOnlyList<string> Referenced =
        [Resources.ConfigMaps.Prefix(), Resources.Secrets.Prefix(), Resources.ServiceAccounts.Prefix()];

    private static readonly string Pods = Resources.Pods.Prefix();
    private static readonly string Nodes = Resources.Nodes.Prefix();

    private readonly Dictionary<string, DesiredPod> _pods = [];
    private readonly Dictionary<string, HashSet<string>> _podsOfNode = [];
    private readonly HashSet<string> _nodes = [];
    private readonly HashSet<string> _dirty = [];

    /// <summary>Of the newest change of a pod that was taken in.</summary>
    public long PodsRevision { get; private set; }

    public IEnumerable<DesiredPod> PodsOf(string node) =>
        _podsOfNode.GetValueOrDefault(node, []).Select(key => _pods[key]);

    /// <summary>Keys in the store of the pods that are bound to the node.</summary>
    public IEnumerable<string> KeysOf(string node) => _podsOfNode.GetValueOrDefault(node, []);

    /// <summary>The nodes that changed since the last call, those that are gone included.</summary>
    public IReadOnlyList<string> TakeDirty()
    {
        var dirty = _dirty.ToList();
        _dirty.Clear();
        return dirty;
    }

    /// <summary>Of all pods that have one.</summary>
    public List<PodLease> Leases()
    {
        var leases = new List<PodLease>();
        foreach (var pod in _pods.Values)
        {
            if (pod.Lease is { } lease)
            {
                leases.Add(lease);
            }
        }

        return leases;
    }

    /// <summary>Compiles the nodes of pods with a lease again.</summary>
    public void MarkLeased()
    {
        foreach (var pod in _pods.Values)
        {
            if (pod.Lease is not null)
            {
                _dirty.Add(pod.Node);
            }
        }
    }

    /// <summary>Compiles all nodes again: an equal compilation sends nothing.</summary>
    public void MarkNodes() => _dirty.UnionWith(_nodes);

    /// <param name="prefix">What is followed: of an empty listing only this says whose it is.</param>
    /// <param name="step">What the follower gave.</param>
    public void Take(string prefix, FollowStep step)
    {
        switch (step)
        {
            case FollowStep.Listed { Listing: var listing }:
                TakeListing(prefix, listing);
                break;
            case FollowStep.Changed { Change: var change }:
                TakeChange(prefix, change.Object, gone: change.Type == ChangeType.Delete);
                break;
            default:
                throw new InvalidOperationException($"unknown step {step}");
        }
    }

    /// <summary>What is known and not listed was deleted while nobody looked.</summary>
    private void TakeListing(string prefix, Listing listing)
    {
        if (prefix == Pods)
        {
            var present = listing.Items.Select(item => item.Key).ToHashSet();
            foreach (var gone in _pods.Keys.Where(key => !present.Contains(key)).ToList())
            {
                PutPod(gone, null);
            }

            PodsRevision = listing.Revision;
        }
        else if (prefix == Nodes)
        {
            _dirty.UnionWith(_nodes);
            _nodes.Clear();
        }
        else
        {
            // Cheaper than knowing which referenced objects were there: an equal compilation sends nothing.
            Mark(reference => reference.StartsWith(prefix, StringComparison.Ordinal));
            return;
        }

        foreach (var item in listing.Items)
        {
            TakeChange(prefix, item, gone: false);
        }
    }

    private void TakeChange(string prefix, StoredObject stored, bool gone)
    {
        if (prefix == Pods)
        {
            TakePod(stored, gone);
        }
        else if (prefix == Nodes)
        {
            var name = stored.Key[Nodes.Length..];
            _dirty.Add(name);
            _ = gone ? _nodes.Remove(name) : _nodes.Add(name);
        }
        else
        {
            Mark(reference => reference == stored.Key);
        }
    }

    private void TakePod(StoredObject stored, bool gone)
    {
        PodsRevision = Math.Max(PodsRevision, stored.Revision);
        if (gone)
        {
            PutPod(stored.Key, null);
        }
        else if (Objects.TryRead(Resources.Pods, stored, log) is { } pod)
        {
            PutPod(stored.Key, DesiredPlan.Pod(pod, stored));
        }

        // An unreadable pod stays on its node as it was: no container ends because the server cannot read.
    }

    /// <summary>A pod whose bytes for the node are the same, such as after a status, marks nothing.</summary>
    private void PutPod(string key, DesiredPod? now)
    {
        var before = _pods.GetValueOrDefault(key);
        if (before is not null && now is not null && before.Node == now.Node && before.Entry.Key == now.Entry.Key
            && before.Entry.Value.Span.SequenceEqual(now.Entry.Value.Span))
        {
            return;
        }

        if (before is not null)
        {
            _pods.Remove(key);
            _podsOfNode[before.Node].Remove(key);
            _dirty.Add(before.Node);
        }

        if (now is not null)
        {
            _pods[key] = now;
            (_podsOfNode.TryGetValue(now.Node, out var pods) ? pods : _podsOfNode[now.Node] = []).Add(key);
            _dirty.Add(now.Node);
        }
    }

    private void Mark(Func<string, bool> reference) =>
        _dirty.UnionWith(_pods.Values.Where(pod => pod.References.Any(reference)).Select(pod => pod.Node));
}
