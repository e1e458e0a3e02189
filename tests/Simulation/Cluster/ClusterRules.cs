using Edge.Agent.Link;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Link;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// How the parts are put together. Each switch breaks a rule between two of them: only a test takes another value than
/// <see cref="Right"/>, to show that the properties can fail.
/// </summary>
internal sealed record ClusterRules
{
    public static ClusterRules Right { get; } = new();

    /// <summary>No hello is answered before it is known what the nodes should run.</summary>
    public bool PrimesFirst { get; init; } = true;

    /// <summary>A node counts its lease from when it sent what was answered, not from when the answer came.</summary>
    public bool CountsFromSending { get; init; } = true;

    /// <summary>After a silence a node waits until it has what the server wants now.</summary>
    public bool WaitsForDesired { get; init; } = true;

    /// <summary>A node with a lease asks for an answer to each of its heartbeats; others are quiet.</summary>
    public bool AsksForLeases { get; init; } = true;

    /// <summary>The server waits for all of what the node may still run, its grace included.</summary>
    public bool GivesGrace { get; init; } = true;

    /// <summary>After a restore a node begins no pod whose successor may run elsewhere.</summary>
    public bool HoldsBack { get; init; } = true;

    public ServerAnswer? Contact(ServerAnswer? answer, SimProcess process) => answer is not { } said
        ? null
        : new ServerAnswer(
            CountsFromSending ? said.SentAt : process.AnswerCame(said.SentAt),
            said.IsDesiredReached || !WaitsForDesired);

    public NodeContact Contact(LinkServer link) => new(
        node => link.SilenceOf(node) + Head,
        (node, key, silence) => link.TryWithhold(node, key, silence - Head),
        link.Settle, link.Release);

    private TimeSpan Head => GivesGrace ? TimeSpan.Zero : TimeSpan.FromSeconds(60);
}
