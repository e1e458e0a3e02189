using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>One number of a StatefulSet, and the pod that bears it now.</summary>
/// <param name="Ordinal">The number.</param>
/// <param name="Name">The pod's name.</param>
/// <param name="Pod">The pod; null while there is none.</param>
/// <param name="IsAbsent">It is on a node out of reach: nobody knows whether it is well.</param>
internal sealed record Replica(int Ordinal, string Name, PodView? Pod, bool IsAbsent)
{
    /// <summary>Ready for as long as the set asks, within reach and not on its way out.</summary>
    public bool IsAvailable { get; init; }

    public bool IsDeleting => Pod?.IsDeleting == true;

    public bool IsFinished => Pod?.IsFinished == true;

    public string? Revision => Pod?.Labels.GetValueOrDefault(TemplateRevision.Label);
}
