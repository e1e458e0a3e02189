using Edge.Proto.Model;
using Edge.Server.Schedule.Demand;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Schedule;

/// <summary>Turns what the store says into the scheduler's picture: the cluster and the pods that wait.</summary>
internal sealed class ClusterFeed(ClusterState cluster, PendingPods pending, ILogger log)
{
    private readonly PodReader _pods = new(log);
    private readonly HashSet<string> _namespaces = [];
    private readonly Dictionary<string, DisruptionBudget> _budgets = [];

    public void ListNodes(Listing listing)
    {
        var names = new HashSet<string>();
        foreach (var stored in listing.Items)
        {
            if (ReadNode(stored) is { } node)
            {
                names.Add(node.Name);
                cluster.PutNode(node);
            }
        }

        foreach (var gone in cluster.Nodes.Select(node => node.Name).Where(name => !names.Contains(name)).ToList())
        {
            cluster.RemoveNode(gone);
        }

        pending.WakeAll();
    }

    public void ChangeNode(Change change)
    {
        if (change.Type == ChangeType.Delete)
        {
            pending.Wake(cluster.RemoveNode(change.Object.Key[Resources.Nodes.Prefix().Length..]));
        }
        else if (ReadNode(change.Object) is { } node)
        {
            pending.Wake(cluster.PutNode(node));
        }
    }

    public void ListNamespaces(Listing listing)
    {
        var names = new HashSet<string>();
        foreach (var stored in listing.Items)
        {
            if (Objects.TryRead(Resources.Namespaces, stored, log) is { } found)
            {
                names.Add(found.Metadata.Name ?? "");
                PutNamespace(found);
            }
        }

        foreach (var gone in _namespaces.Where(name => !names.Contains(name)).ToList())
        {
            RemoveNamespace(gone);
        }

        pending.WakeAll();
    }

    public void ChangeNamespace(Change change)
    {
        if (Objects.TryRead(Resources.Namespaces, change.Object, log) is { } found)
        {
            if (change.Type == ChangeType.Delete)
            {
                RemoveNamespace(found.Metadata.Name ?? "");
            }
            else
            {
                PutNamespace(found);
            }
        }
    }

    public void ListBudgets(Listing listing)
    {
        _budgets.Clear();
        foreach (var stored in listing.Items)
        {
            PutBudget(stored);
        }

        cluster.Budgets = [.. _budgets.Values];
    }

    public void ChangeBudget(Change change)
    {
        _budgets.Remove(change.Object.Key);
        if (change.Type != ChangeType.Delete)
        {
            PutBudget(change.Object);
        }

        cluster.Budgets = [.. _budgets.Values];
    }

    public void ListPods(Listing listing)
    {
        var keys = listing.Items.Select(item => item.Key).ToHashSet();
        foreach (var gone in cluster.AssignedKeys().Concat(pending.Keys()).Where(key => !keys.Contains(key)))
        {
            Forget(gone);
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
            Forget(change.Object.Key);
        }
        else
        {
            PutPod(change.Object);
        }
    }

    /// <summary>Null when the object is absent, or is not a pod that we can read.</summary>
    public PodFacts? ReadPod(StoredObject? stored) => stored is { } present ? _pods.Read(present) : null;

    private NodeView? ReadNode(StoredObject stored)
    {
        try
        {
            return Objects.TryRead(Resources.Nodes, stored, log) is { } node ? NodeView.From(node) : null;
        }
#pragma warning disable CA1031 // Whatever one object makes the reading throw must not end the placing of others.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            log.NodeUnreadable(fault, stored.Key);
            return null;
        }
    }

    private void PutPod(StoredObject stored)
    {
        if (ReadPod(stored) is not { } pod)
        {
            return;
        }

        if (pod.IsOurs)
        {
            if (pod.NominatedNode is { } nominated)
            {
                pending.Wake(cluster.Nominations.Put(pod, nominated));
            }
            else if (cluster.Nominations.IsOfAnother(pod))
            {
                pending.Wake(cluster.Nominations.Remove(pod.Key));
            }

            pending.Put(pod);
            return;
        }

        if (pod.Node is null || pod.IsFinished)
        {
            // A finished pod keeps its object but takes nothing of its node.
            Forget(stored.Key);
            return;
        }

        pending.Remove(stored.Key);
        pending.Wake(cluster.Nominations.Remove(stored.Key, except: pod.Node));
        pending.Wake(cluster.Assign(pod, pod.Node, pod.Devices));
    }

    private void Forget(string key)
    {
        pending.Remove(key);
        pending.Wake(cluster.Nominations.Remove(key));
        pending.Wake(cluster.Release(key));
    }

    private void PutBudget(StoredObject stored)
    {
        if (Objects.TryRead(Resources.PodDisruptionBudgets, stored, log) is { } budget)
        {
            _budgets[stored.Key] = DisruptionBudget.From(budget);
        }
    }

    private void PutNamespace(Namespace found)
    {
        var name = found.Metadata.Name ?? "";
        _namespaces.Add(name);
        if (cluster.SetNamespace(name, LabelSet.From(found.Metadata.Labels)))
        {
            pending.Wake(new ClusterEvent.NamespaceChanged(name));
        }
    }

    private void RemoveNamespace(string name)
    {
        _namespaces.Remove(name);
        cluster.SetNamespace(name, null);
    }
}
