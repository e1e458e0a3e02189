using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>What the lease of a pod is counted with; the node's keep-alive is not the pod's.</summary>
internal readonly record struct PodLease(TimeSpan Toleration, TimeSpan Grace)
{
    public static PodLease? Of(Pod pod) =>
        Fencing.Toleration(pod) is { } toleration ? new PodLease(toleration, Fencing.Grace(pod)) : null;
}

/// <summary>What is known of a node since this server began.</summary>
/// <param name="KeepAlive">By its Node.</param>
/// <param name="Silence">How long nothing was heard of it.</param>
/// <param name="ReachedFor">How long it has not run what this store does not know; null when that is not known.</param>
internal readonly record struct NodeStanding(TimeSpan KeepAlive, TimeSpan Silence, TimeSpan? ReachedFor);

/// <summary>
/// When a pod with a lease may begin after a restore. The store may name a pod that was given away since the backup,
/// and its successor, which the store does not know, may run on any node: until that node has heard of this store and
/// ended it, or until its lease is over. Pure.
/// </summary>
internal static class RestorePlan
{
    /// <summary>
    /// For pods that are yet to be made, such as the next of a StatefulSet whose last one the backup does not know:
    /// Kubernetes' default toleration and grace.
    /// </summary>
    public static readonly PodLease Usual =
        new(TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(Fencing.DefaultGraceSeconds));

    /// <param name="lease">Of the pod; that of its successor is taken to be the same.</param>
    /// <param name="uptime">Of the server: a node that the store does not know has heard nothing for so long.</param>
    /// <param name="nodes">All that the store knows.</param>
    public static bool IsHeldBack(PodLease lease, TimeSpan uptime, IReadOnlyList<NodeStanding> nodes)
    {
        var longest = Fencing.KeepAliveDefault;
        foreach (var node in nodes)
        {
            var ended = node.ReachedFor >= Fencing.EndWait(lease.Grace)
                || node.Silence >= Wait(lease, node.KeepAlive);
            if (!ended)
            {
                return true;
            }

            longest = node.KeepAlive > longest ? node.KeepAlive : longest;
        }

        return uptime < Wait(lease, longest);
    }

    private static TimeSpan Wait(PodLease lease, TimeSpan keepAlive) =>
        Fencing.ServerWait(lease.Toleration, lease.Grace, keepAlive);
}
