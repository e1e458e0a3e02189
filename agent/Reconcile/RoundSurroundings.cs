using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// What a round takes from outside its folder: the node's facts, the server's last word, the way to report.
/// </summary>
internal sealed record RoundSurroundings(
    TimeProvider Clock, Func<NodeFacts> Node, Func<TimeSpan?> SinceServerAnswered, Action<string, PodReport?> Report)
{
    /// <summary>
    /// What the agent waits beyond a pod's toleration. The server acts later still: at receipt, plus this, plus 1 %.
    /// </summary>
    public TimeSpan FenceGrace { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>True once the server may have given the pod away; also after a boot until its first word.</summary>
    public bool IsFenced(Pod? pod, DateTimeOffset now) => FenceWake(pod, now) is { } at && at <= now;

    /// <summary>When the pod becomes fenced if nobody answers until then; null when it never does.</summary>
    public DateTimeOffset? FenceWake(Pod? pod, DateTimeOffset now)
    {
        if (pod is null || PodShape.UnreachableToleration(pod) is not { } toleration)
        {
            return null;
        }

        return SinceServerAnswered() is { } since ? now + toleration + FenceGrace - since : now;
    }
}
