using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// What decides whether a workload's pod belongs on a node; not its load, nor when it was last heard.
/// </summary>
/// <param name="Name">The node.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Taints">Its taints.</param>
/// <param name="IsThere">Something is known of it (<see cref="NodeReach"/>).</param>
internal sealed record NodeView(
    string Name, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<Taint> Taints, bool IsThere)
{
    private static readonly Dictionary<string, string> s_none = [];

    public static NodeView From(Node node) => new(
        node.Metadata.Name ?? "", node.Metadata.Labels ?? s_none, node.Spec?.Taints ?? [], NodeReach.IsThere(node));

    /// <summary>Says the same as the other, whenever its taints were put on.</summary>
    public bool SaysTheSame(NodeView other) =>
        IsThere == other.IsThere && Labels.Count == other.Labels.Count
        && Labels.All(label => other.Labels.GetValueOrDefault(label.Key) == label.Value)
        && Taints.Select(Untimed).SequenceEqual(other.Taints.Select(Untimed));

    private static Taint Untimed(Taint taint) => taint with { TimeAdded = null };
}
