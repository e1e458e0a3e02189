using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.GarbageCollection;

/// <summary>What an owner is to an object that names it.</summary>
internal enum OwnerState
{
    Present,

    /// <summary>It is being deleted in the foreground, so its dependents are to go.</summary>
    DeletingDependents,

    /// <summary>There is no object of that name and uid where the dependent could belong to it.</summary>
    Absent,

    /// <summary>Nobody can say: its kind is not served, or it cannot be read.</summary>
    Unknown,

    /// <summary>A namespaced owner of a cluster-scoped object: which namespace is meant, nobody can say.</summary>
    OutOfReach,
}

/// <summary>What is to be done about an object because of its owners.</summary>
internal abstract record OwnedStep
{
    private OwnedStep()
    {
    }

    internal sealed record Keep : OwnedStep;

    /// <summary>It has an owner left; the others are to be forgotten.</summary>
    internal sealed record Forget(IReadOnlyList<OwnerReference> Owners) : OwnedStep;

    internal sealed record Delete(Propagation Propagation) : OwnedStep;
}

/// <summary>What is to be done about an object that is being deleted and held for its dependents.</summary>
internal enum HeldStep
{
    /// <summary>Its dependents are to forget it, then the finalizer goes.</summary>
    Orphan,

    /// <summary>Dependents block it; they are on their way.</summary>
    Wait,

    /// <summary>It waits for itself; it is to block its owners no more.</summary>
    Unblock,

    /// <summary>No dependent blocks it (any more).</summary>
    Release,
}

/// <summary>Kubernetes' rules of garbage collection. Pure.</summary>
internal static class GarbageCollectionPlan
{
    /// <summary>True when a deletion in the foreground is asked for.</summary>
    public static bool DeletesDependents(ObjectHead head) =>
        head.IsBeingDeleted && head.Finalizers.Contains(Deletion.ForegroundFinalizer);

    public static bool IsHeldForDependents(ObjectHead head) =>
        head.Finalizers.Contains(Deletion.ForegroundFinalizer) || head.Finalizers.Contains(Deletion.OrphanFinalizer);

    /// <param name="head">An object that is not being deleted.</param>
    /// <param name="owners">What each of its owners is, in their order.</param>
    /// <param name="hasDependents">Whether other objects name it as their owner.</param>
    public static OwnedStep Decide(ObjectHead head, IReadOnlyList<OwnerState> owners, bool hasDependents)
    {
        if (owners.Count == 0 || owners.Contains(OwnerState.Unknown) || owners.Contains(OwnerState.OutOfReach))
        {
            return new OwnedStep.Keep();
        }

        if (owners.Contains(OwnerState.Present))
        {
            List<OwnerReference> gone = [];
            for (var i = 0; i < owners.Count; i++)
            {
                if (owners[i] != OwnerState.Present)
                {
                    gone.Add(head.Owners[i]);
                }
            }

            return gone.Count == 0 ? new OwnedStep.Keep() : new OwnedStep.Forget(gone);
        }

        if (owners.Contains(OwnerState.DeletingDependents) && hasDependents)
        {
            return new OwnedStep.Delete(Propagation.Foreground);
        }

        return new OwnedStep.Delete(
            head.Finalizers.Contains(Deletion.OrphanFinalizer) ? Propagation.Orphan
            : head.Finalizers.Contains(Deletion.ForegroundFinalizer) ? Propagation.Foreground
            : Propagation.Background);
    }

    /// <param name="head">An object that <see cref="IsHeldForDependents"/>.</param>
    /// <param name="isBlocked">Whether a dependent blocks it.</param>
    /// <param name="waitsForItself">Whether it blocks, over owners that wait as well, its own deletion.</param>
    public static HeldStep Decide(ObjectHead head, bool isBlocked, bool waitsForItself) =>
        head.Finalizers.Contains(Deletion.OrphanFinalizer) ? HeldStep.Orphan
        : !isBlocked ? HeldStep.Release
        : waitsForItself ? HeldStep.Unblock
        : HeldStep.Wait;
}
