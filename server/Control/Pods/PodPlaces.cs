using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Pods;

/// <summary>An ended pod, in the order they are deleted: evicted ones, then the oldest.</summary>
internal sealed record EndedPod(bool IsEvicted, DateTimeOffset Created, string Key, string Uid) : IComparable<EndedPod>
{
    public int CompareTo(EndedPod? other) =>
        other is null ? 1
        : IsEvicted != other.IsEvicted ? (IsEvicted ? -1 : 1)
        : Created != other.Created ? Created.CompareTo(other.Created)
        : string.CompareOrdinal(Key, other.Key);
}

/// <summary>
/// Which pods are bound to a node and which have ended, kept by the steps of a watch of pods, so that a node or a
/// finished pod costs no walk over all of them. Keys are namespace/name.
/// </summary>
internal sealed class PodPlaces(ILogger log)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _pods = [];
    private readonly Dictionary<string, HashSet<string>> _byNode = [];
    private readonly SortedSet<EndedPod> _ended = [];

    /// <summary>Ended pods that are not being deleted yet.</summary>
    public int EndedCount
    {
        get
        {
            lock (_gate)
            {
                return _ended.Count;
            }
        }
    }

    /// <summary>Takes a step in; returns the pods that it is about.</summary>
    public IReadOnlyList<string> Apply(FollowStep step)
    {
        lock (_gate)
        {
            switch (step)
            {
                case FollowStep.Listed all:
                    _pods.Clear();
                    _byNode.Clear();
                    _ended.Clear();
                    foreach (var stored in all.Listing.Items)
                    {
                        Enter(stored);
                    }

                    return [.. _pods.Keys];
                case FollowStep.Changed { Change: var change }:
                    Leave(KeyOf(change.Object));
                    if (change.Type == ChangeType.Put)
                    {
                        Enter(change.Object);
                    }

                    return [KeyOf(change.Object)];
                default:
                    throw new InvalidOperationException($"unknown step {step}");
            }
        }
    }

    /// <summary>The node that the pod is bound to and whether it is being deleted; null when it is not known.</summary>
    public (string? Node, bool IsBeingDeleted)? Find(string key)
    {
        lock (_gate)
        {
            return _pods.TryGetValue(key, out var pod) ? (pod.Node, pod.IsBeingDeleted) : null;
        }
    }

    public IReadOnlyList<string> PodsOn(string node)
    {
        lock (_gate)
        {
            return _byNode.TryGetValue(node, out var keys) ? [.. keys] : [];
        }
    }

    public IReadOnlyList<string> NodesWithPods()
    {
        lock (_gate)
        {
            return [.. _byNode.Keys];
        }
    }

    /// <summary>The first to be deleted of the ended pods beyond <paramref name="kept"/>.</summary>
    public IReadOnlyList<EndedPod> EndedBeyond(int kept, int atMost)
    {
        lock (_gate)
        {
            return [.. _ended.Take(Math.Min(atMost, Math.Max(0, _ended.Count - kept)))];
        }
    }

    private static string KeyOf(StoredObject stored) => stored.Key[Resources.Pods.Prefix().Length..];

    private void Enter(StoredObject stored)
    {
        if (Objects.TryRead(Resources.Pods, stored, log) is not { } pod)
        {
            return;
        }

        var key = KeyOf(stored);
        var isBeingDeleted = pod.Metadata.DeletionTimestamp is not null;
        var ended = pod.Status?.Phase is "Succeeded" or "Failed" && !isBeingDeleted
            ? new EndedPod(pod.Status.Reason == "Evicted", pod.Metadata.CreationTimestamp ?? default, key,
                pod.Metadata.Uid ?? "")
            : null;
        var node = string.IsNullOrEmpty(pod.Spec.NodeName) ? null : pod.Spec.NodeName;
        if (node is not null)
        {
            if (!_byNode.TryGetValue(node, out var pods))
            {
                _byNode[node] = pods = [];
            }

            pods.Add(key);
        }

        if (ended is not null)
        {
            _ended.Add(ended);
        }

        _pods[key] = new Entry(node, isBeingDeleted, ended);
    }

    private void Leave(string key)
    {
        if (!_pods.Remove(key, out var pod))
        {
            return;
        }

        if (pod.Ended is not null)
        {
            _ended.Remove(pod.Ended);
        }

        if (pod.Node is { } node && _byNode[node].Remove(key) && _byNode[node].Count == 0)
        {
            _byNode.Remove(node);
        }
    }

    private readonly record struct Entry(string? Node, bool IsBeingDeleted, EndedPod? Ended);
}
