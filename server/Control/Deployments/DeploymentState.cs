using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Deployments;

/// <summary>A Deployment and its ReplicaSets, of one moment.</summary>
/// <param name="Deployment">The Deployment.</param>
/// <param name="NewName">The name that the set of its present template has, or will have.</param>
/// <param name="New">The set made of its present template; null when there is none yet.</param>
/// <param name="Old">All other sets that it manages, oldest first.</param>
/// <param name="Adopt">Sets that match and have nobody; among the others already.</param>
/// <param name="Release">Its own sets that match no more.</param>
internal sealed record DeploymentState(
    Deployment Deployment, string NewName, RevisionSet? New, IReadOnlyList<RevisionSet> Old,
    IReadOnlyList<ReplicaSet> Adopt, IReadOnlyList<ReplicaSet> Release)
{
    /// <summary>Every set, oldest first and the newest template's last.</summary>
    public IReadOnlyList<RevisionSet> All { get; } = New is null ? Old : [.. Old, New];

    public int Replicas => Deployment.Spec.Replicas ?? 1;

    public bool IsPaused => Deployment.Spec.Paused == true;

    public bool IsRolling => Deployment.Spec.Strategy?.Type != "Recreate";

    /// <summary>Pods that may be there beyond <see cref="Replicas"/> during a rolling update.</summary>
    public int MaxSurge => IsRolling ? Bounds.Surge : 0;

    /// <summary>Pods that may be missing during a rolling update.</summary>
    public int MaxUnavailable => IsRolling && Replicas > 0 ? Math.Min(Bounds.Unavailable, Replicas) : 0;

    public int MinAvailable => Replicas - MaxUnavailable;

    /// <summary>The new set does it all, as far as anybody can see.</summary>
    public bool IsComplete =>
        New is { } fresh && fresh.Active == Replicas && fresh.Replicas == Replicas && fresh.Settled == Replicas
        && Old.All(set => set.Active == 0);

    /// <summary>One more than any older set's.</summary>
    public long NextRevision => Old.Select(set => set.Revision).DefaultIfEmpty().Max() + 1;

    /// <summary>Surge rounds up, unavailable down; where both come to nothing one pod may be missing.</summary>
    private (int Surge, int Unavailable) Bounds
    {
        get
        {
            var rolling = Deployment.Spec.Strategy?.RollingUpdate;
            var surge = Percent.Of(rolling?.MaxSurge, Replicas, roundUp: true);
            var unavailable = Percent.Of(rolling?.MaxUnavailable, Replicas, roundUp: false);
            return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
        }
    }
}
