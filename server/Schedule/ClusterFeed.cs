using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>Turns what the store says into the scheduler's picture: the cluster and the pods that wait.</summary>
internal sealed class ClusterFeed(ClusterState cluster, PendingPods pending, ILogger log)
{
    public void ListNodes(Listing listing)
    {
        var names = new HashSet<string>();
        foreach (var node in listing.Items.Select(ReadNode).OfType<Node>())
        {
            names.Add(node.Metadata.Name ?? "");
            cluster.PutNode(node);
        }

        foreach (var gone in cluster.Nodes.Select(node => node.Name).Where(name => !names.Contains(name)).ToList())
        {
            cluster.RemoveNode(gone);
        }

        pending.WakeAll();
    }

    public void ChangeNode(Change change)
    {
        if (ReadNode(change.Object) is not { } node)
        {
            return;
        }

        if (change.Type == ChangeType.Delete)
        {
            cluster.RemoveNode(node.Metadata.Name ?? "");
        }
        else if (cluster.PutNode(node))
        {
            pending.WakeAll();
        }
    }

    public void ListPods(Listing listing)
    {
        var keys = listing.Items.Select(item => item.Key).ToHashSet();
        foreach (var gone in cluster.AssignedKeys().Concat(pending.Keys()).Where(key => !keys.Contains(key)))
        {
            cluster.Release(gone);
            pending.Remove(gone);
        }

        foreach (var item in listing.Items)
        {
            PutPod(item);
        }

        pending.WakeAll();
    }

    public void ChangePod(Change change)
    {
        if (change.Type == ChangeType.Delete)
        {
            pending.Remove(change.Object.Key);
            WakeIf(cluster.Release(change.Object.Key));
        }
        else
        {
            PutPod(change.Object);
        }
    }

    /// <summary>Null when the object is absent, or is not a pod that we can read.</summary>
    public Pod? ReadPod(StoredObject? stored) =>
        stored is { } present ? Objects.TryRead(Resources.Pods, present, log) : null;

    /// <summary>Ours to place: no node yet, wanted, not held back, and not another scheduler's.</summary>
    public static bool IsOurs(Pod pod) =>
        string.IsNullOrEmpty(pod.Spec.NodeName)
        && pod.Metadata.DeletionTimestamp is null
        && pod.Status?.Phase is not ("Succeeded" or "Failed")
        && pod.Spec.SchedulerName is null or "" or SchedulerLoop.Name
        && !(pod.Spec.SchedulingGates is { ValueKind: JsonValueKind.Array } gates && gates.GetArrayLength() > 0);

    private void PutPod(StoredObject stored)
    {
        if (ReadPod(stored) is not { } pod)
        {
            return;
        }

        if (IsOurs(pod))
        {
            pending.Put(stored.Key,
                new PendingPod(pod.Metadata.Uid ?? "", pod.Metadata.Generation ?? 0, pod.Spec.Priority ?? 0));
            return;
        }

        pending.Remove(stored.Key);
        if (string.IsNullOrEmpty(pod.Spec.NodeName) || pod.Status?.Phase is "Succeeded" or "Failed")
        {
            // A finished pod keeps its object but takes nothing of its node.
            WakeIf(cluster.Release(stored.Key));
        }
        else
        {
            cluster.Assign(stored.Key, pod.Spec.NodeName, PodDemand.From(pod));
        }
    }

    private void WakeIf(bool freed)
    {
        if (freed)
        {
            pending.WakeAll();
        }
    }

    private Node? ReadNode(StoredObject stored) => Objects.TryRead(Resources.Nodes, stored, log);
}
