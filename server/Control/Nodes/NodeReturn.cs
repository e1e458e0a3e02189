using Edge.Server.Access;
using Edge.Server.Control.Certificates;
using Edge.Server.Control.Pods;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Control.Nodes;

/// <summary>
/// Makes the Node of a device that is enrolled and has none, as the kubelet registers its own: somebody deleted it, or
/// the store is older than the enrolment. It begins anew and empty; what ends a device is the deny-list alone.
/// </summary>
/// <param name="objects">The store.</param>
/// <param name="podsOn">Keys in the store of the pods that are bound to a node.</param>
/// <param name="time">Dates the Node.</param>
/// <param name="log">Told of each.</param>
internal sealed class NodeReturn(
    Objects objects, Func<string, IReadOnlyList<string>> podsOn, TimeProvider time, ILogger<NodeReturn> log)
{
    /// <param name="node">The name in a certificate of the node CA.</param>
    /// <param name="keyHash">Of the key that the device shows; empty when it does not say it.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task Make(string node, string keyHash, CancellationToken ct)
    {
        var key = Resources.Nodes.KeyOf(null, node);
        // From the store itself: who denies a node and then deletes it must not find it again.
        var denied = DeniedNodes.Of(
            objects.Get(Resources.ConfigMaps, DeniedNodes.Namespace, DeniedNodes.ConfigMapName));
        if (denied.Nodes.Contains(node) || denied.Keys.Contains(keyHash) || objects.Store.Get(key) is not null)
        {
            return;
        }

        foreach (var pod in podsOn(node))
        {
            await EndFormer(pod[Resources.Pods.Prefix().Length..], ct);
        }

        var tree = NodeSigning.NewNode(node, objects.NewUid(), time.GetUtcNow());
        if (keyHash.Length > 0)
        {
            NodeKey.WithKey(tree, keyHash, time.GetUtcNow());
        }

        if (await objects.Store.Txn([new(key, 0)], [StoreOp.Put(key, ObjectBytes.Write(tree))], ct)
            is not TxnResult.Conflict)
        {
            log.NodeReturned(node, keyHash.Length > 0 ? keyHash : "unknown");
        }
    }

    /// <summary>
    /// A pod that ran on the Node that is gone goes with it, as the pod garbage collector would have it some time
    /// later. One that no node has taken up yet waits for this one.
    /// </summary>
    private async Task EndFormer(string pod, CancellationToken ct)
    {
        var (ns, name) = ControllerKey.Split(pod);
        if (objects.Get(Resources.Pods, ns, name) is not { Status.StartTime: not null } former)
        {
            return;
        }

        await objects.Update(
            Resources.Pods, ns, name,
            tree => tree["metadata"]?["uid"]?.ToString() == former.Metadata.Uid
                ? PodsPlan.Fail(tree, isOrphan: true, time.GetUtcNow())
                : null,
            ct);
        await objects.RequestDelete(Resources.Pods, ns, name, former.Metadata.Uid, graceSeconds: 0, ct);
        log.FormerPodRemoved(pod, former.Spec.NodeName ?? "");
    }
}
