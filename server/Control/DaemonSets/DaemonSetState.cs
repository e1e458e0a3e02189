using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.DaemonSets;

/// <summary>A DaemonSet with what it has, of one moment.</summary>
/// <param name="Set">The DaemonSet.</param>
/// <param name="History">The templates that it has rolled out.</param>
/// <param name="Owned">Pods with its reference.</param>
/// <param name="Unowned">Pods of its namespace that nobody manages.</param>
/// <param name="Nodes">All nodes, by name.</param>
/// <param name="Resting">Nodes where its pod failed lately, and for how long they are left alone.</param>
internal sealed record DaemonSetState(
    DaemonSet Set, RevisionHistory History, IReadOnlyList<PodView> Owned, IReadOnlyList<PodView> Unowned,
    IReadOnlyList<NodeView> Nodes, IReadOnlyDictionary<string, TimeSpan> Resting)
{
    /// <summary>What its pods are like, with what each of them tolerates.</summary>
    public PodSpec PodSpec { get; } = Read(Set.Spec.Template);

    public bool IsRolling => Set.Spec.UpdateStrategy?.Type != "OnDelete";

    public int MinReadySeconds => Set.Spec.MinReadySeconds ?? 0;

    /// <summary>The end of the present revision's name, which its pods bear as a label.</summary>
    public string Hash => HashOf(History.New) ?? History.NewName[(Set.Metadata.Name!.Length + 1)..];

    private RollingUpdateDaemonSet? Bounds => Set.Spec.UpdateStrategy?.RollingUpdate;

    /// <summary>Updates start a second pod on a node before the first one ends.</summary>
    public bool Surges => IsRolling && MaxSurge(nodes: 100) > 0;

    /// <summary>Out of so many nodes, how many may run two pods during an update.</summary>
    public int MaxSurge(int nodes) => Percent.Of(Bounds?.MaxSurge, nodes, roundUp: true);

    /// <summary>Out of so many nodes, how many may miss the pod during an update; one if none may surge.</summary>
    public int MaxUnavailable(int nodes)
    {
        var bound = Percent.Of(Bounds?.MaxUnavailable, nodes, roundUp: true);
        return bound == 0 && MaxSurge(nodes) == 0 ? 1 : bound;
    }

    public bool IsUpdated(PodView pod) => pod.Labels.GetValueOrDefault(TemplateRevision.Label) == Hash;

    /// <summary>Null for a revision without the label, or for none.</summary>
    public static string? HashOf(TemplateRevision? revision) =>
        revision?.Metadata.Labels?.GetValueOrDefault(TemplateRevision.Label);

    private static PodSpec Read(PodTemplateSpec template)
    {
        var spec = template.Spec?.Deserialize(ModelJson.Default.PodSpec) ?? new PodSpec();
        return spec with
        {
            Tolerations = [.. spec.Tolerations ?? [], .. Eligibility.Tolerations(spec.HostNetwork == true)],
        };
    }
}
