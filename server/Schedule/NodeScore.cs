using Edge.Server.Schedule.Scores;

namespace Edge.Server.Schedule;

/// <summary>
/// One preference among nodes that pass. <paramref name="Raw"/> gives any number; where <paramref name="Scaled"/> is
/// set, it is scaled to 0–100 over the candidates.
/// </summary>
internal sealed record NodeScore(
    string Name, int Weight, Scaling Scaled, Func<PodDemand, bool> Applies, Func<PodDemand, NodeView, long> Raw)
{
    public const long Max = 100;

    /// <summary>Weights as in kube-scheduler's default profile.</summary>
    public static IReadOnlyList<NodeScore> All { get; } =
    [
        new("LeastAllocated", 1, Scaling.None, static _ => true, LeastAllocated.Of),
        new("NodeAffinity", 2, Scaling.UpToMax, static pod => pod.PreferredAffinity.Count > 0, PreferredTerms.Of),
        new("TaintToleration", 3, Scaling.DownFromMax, static _ => true, AvoidedTaints.Of),
        new("ImageLocality", 1, Scaling.None, static pod => pod.Images.Count > 0, ImageLocality.Of),
    ];
}

/// <summary>How raw scores become 0–100.</summary>
internal enum Scaling
{
    /// <summary>They are already.</summary>
    None,

    /// <summary>The highest raw score of the candidates becomes 100.</summary>
    UpToMax,

    /// <summary>The highest raw score of the candidates becomes 0, and 0 becomes 100.</summary>
    DownFromMax,
}
