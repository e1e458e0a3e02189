using Edge.Proto.Model;
using Edge.Server.Link;
using Edge.Server.Store;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Fleet;

/// <summary>
/// After a restore: which pods with a lease may not begin yet. It stands as ConfigMap kube-system/edge-restored until
/// all may, also over restarts of the server, each of which counts anew; who deletes the ConfigMap ends it.
/// </summary>
/// <param name="objects">Holds the ConfigMap, and says which nodes there are.</param>
/// <param name="link">Says what was heard of them.</param>
/// <param name="time">Counts.</param>
/// <param name="log">Told of its beginning and end.</param>
internal sealed class RestoreHold(Objects objects, LinkServer link, TimeProvider time, ILogger log)
{
    /// <summary>Nobody is in a hurry after a restore, and each look is a walk over all pods.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(15);

    private readonly long _start = time.GetTimestamp();
    private volatile IReadOnlyList<NodeStanding> _nodes = [];
    private bool _told;

    public bool IsActive { get; private set; } = objects.Store.Get(StoreRestore.MarkKey) is not null;

    public bool IsHeldBack(PodLease lease) =>
        IsActive && RestorePlan.IsHeldBack(lease, time.GetElapsedTime(_start), _nodes);

    /// <summary>Waits a moment and looks again; false when nothing is held back any more.</summary>
    /// <param name="leases">Of all pods that have one.</param>
    /// <param name="ct">Ends it.</param>
    public async Task<bool> Look(Func<List<PodLease>> leases, CancellationToken ct)
    {
        if (!_told)
        {
            _told = true;
            log.HoldBegins();
        }

        await Task.Delay(LookEvery, time, ct);
        var nodes = new List<NodeStanding>();
        foreach (var node in objects.List(Resources.Nodes))
        {
            var name = node.Metadata.Name!;
            nodes.Add(new NodeStanding(Fencing.KeepAlive(node), link.SilenceOf(name), link.ReachedFor(name)));
        }

        _nodes = nodes;
        if (objects.Store.Get(StoreRestore.MarkKey) is not null && IsAnyHeldBack(leases()))
        {
            return true;
        }

        await objects.Store.Txn([], [StoreOp.Delete(StoreRestore.MarkKey)], ct);
        IsActive = false;
        log.HoldEnds();
        return false;
    }

    private bool IsAnyHeldBack(List<PodLease> leases)
    {
        leases.Add(RestorePlan.Usual);
        foreach (var lease in leases)
        {
            if (IsHeldBack(lease))
            {
                return true;
            }
        }

        return false;
    }
}
