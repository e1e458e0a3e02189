using Edge.Proto.Model;

namespace Edge.Server.Control.Disruption;

/// <summary>How many pods the controller of a pod wants.</summary>
internal abstract record OwnerScale
{
    private OwnerScale()
    {
    }

    /// <summary>Of a ReplicaSet's pods its Deployment counts, whose uid this is then.</summary>
    internal sealed record Found(string Uid, int Replicas) : OwnerScale;

    /// <summary>It is there or not, but has no scale.</summary>
    internal sealed record Unscalable(string Why) : OwnerScale;

    internal sealed record Missing : OwnerScale;
}

/// <summary>
/// Finds the scale behind a pod's controller reference, by name and uid (Kubernetes' podControllerFinders). Pure but
/// for what it is given to look up with.
/// </summary>
internal sealed class OwnerScales(
    Func<string, ReplicaSet?> replicaSet, Func<string, Deployment?> deployment, Func<string, StatefulSet?> statefulSet)
{
    /// <summary>What a workload without a number of replicas has.</summary>
    private const int DefaultReplicas = 1;

    public OwnerScale Of(OwnerReference owner) => owner switch
    {
        { Kind: "ReplicaSet", ApiVersion: "apps/v1" } => OfReplicaSet(owner),
        { Kind: "StatefulSet", ApiVersion: "apps/v1" } => statefulSet(owner.Name) is { } set
            && set.Metadata.Uid == owner.Uid
            ? new OwnerScale.Found(owner.Uid, set.Spec.Replicas ?? DefaultReplicas)
            : new OwnerScale.Missing(),
        { Kind: "DaemonSet", ApiVersion: "apps/v1" } => NoScale("daemonsets.apps"),
        { Kind: "Job", ApiVersion: "batch/v1" } => NoScale("jobs.batch"),
        _ => new OwnerScale.Missing(),
    };

    private static OwnerScale.Unscalable NoScale(string resource) =>
        new($"{resource} does not implement the scale subresource");

    private OwnerScale OfReplicaSet(OwnerReference owner)
    {
        if (replicaSet(owner.Name) is not { } set || set.Metadata.Uid != owner.Uid)
        {
            return new OwnerScale.Missing();
        }

        var above = set.Metadata.OwnerReferences?.FirstOrDefault(
            reference => reference is { Controller: true, Kind: "Deployment", ApiVersion: "apps/v1" });
        return above is null ? new OwnerScale.Found(owner.Uid, set.Spec.Replicas ?? DefaultReplicas)
            : deployment(above.Name) is { } whole && whole.Metadata.Uid == above.Uid
                ? new OwnerScale.Found(above.Uid, whole.Spec.Replicas ?? DefaultReplicas)
            : new OwnerScale.Missing();
    }
}
