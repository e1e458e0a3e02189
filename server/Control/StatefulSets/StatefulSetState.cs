using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>A StatefulSet with what it has, of one moment.</summary>
/// <param name="Set">The StatefulSet.</param>
/// <param name="History">The templates that it has rolled out.</param>
/// <param name="Owned">Pods with its reference.</param>
/// <param name="Unowned">Pods of its namespace that bear a name of its own and that nobody manages.</param>
/// <param name="Absent">Names of nodes out of reach that its pods are on.</param>
/// <param name="Claims">The volume claims of its numbers that are there, by name.</param>
internal sealed record StatefulSetState(
    StatefulSet Set, RevisionHistory History, IReadOnlyList<PodView> Owned, IReadOnlyList<PodView> Unowned,
    IReadOnlySet<string> Absent, IReadOnlyDictionary<string, PersistentVolumeClaim> Claims)
{
    /// <summary>Numbers that are looked at: as many pods as a server is made for.</summary>
    private const int ReplicasMax = 10_000;

    public int Replicas => ReplicasOf(Set);

    /// <summary>The first number.</summary>
    public int Start => Set.Spec.Ordinals?.Start ?? 0;

    /// <summary>One after the other, each waiting for those before; otherwise all at once.</summary>
    public bool IsOrdered => Set.Spec.PodManagementPolicy != "Parallel";

    public bool IsRolling => Set.Spec.UpdateStrategy?.Type != "OnDelete";

    /// <summary>How many of the first numbers stay on the current revision.</summary>
    public int Partition => Set.Spec.UpdateStrategy?.RollingUpdate?.Partition ?? 0;

    /// <summary>
    /// Pods that a rolling update may take down at a time, among those within reach; a share is rounded down, but is
    /// not 0.
    /// </summary>
    public int MaxUnavailable => Math.Max(
        Percent.Of(Set.Spec.UpdateStrategy?.RollingUpdate?.MaxUnavailable, Replicas, roundUp: false), 1);

    /// <summary>The name of the present template's revision.</summary>
    public string UpdateRevision => History.NewName;

    /// <summary>The name of the revision that the set comes from; the present one once all have it.</summary>
    public string CurrentRevision => History.Find(Set.Status?.CurrentRevision)?.Name ?? UpdateRevision;

    /// <summary>Some pods may still be of an older template.</summary>
    public bool IsRolloutUnderWay => IsRolling && CurrentRevision != UpdateRevision;

    public static int ReplicasOf(StatefulSet set) => Math.Min(set.Spec.Replicas ?? 1, ReplicasMax);

    public bool IsInRange(int ordinal) => ordinal >= Start && ordinal - Start < Replicas;

    /// <summary>Which revision a pod is made of: numbers below the partition keep the current one.</summary>
    public string RevisionFor(int ordinal)
    {
        var kept = Set.Spec.UpdateStrategy?.RollingUpdate is null ? Set.Status?.CurrentReplicas ?? 0 : Partition;
        return IsRolling && ordinal - Start < kept ? CurrentRevision : UpdateRevision;
    }
}
