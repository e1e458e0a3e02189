using Edge.Agent.Enrolment;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Settings;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>
/// What a node keeps of its enrolment and its link put together: the pair that it shows, the broker that it dials, and
/// how the server has it change both.
/// </summary>
internal sealed class NodeKeys(AgentSettings settings, NodeIdentity identity)
{
    public PairChoice Pairs { get; } = new(identity);

    public BrokerChoice Brokers { get; } = new(identity);

    /// <summary>To be called once, before the link runs.</summary>
    public Task Run(
        LinkClient link, KnownSettings known, TimeProvider clock, Random random, ILogger logger,
        CancellationToken cancellation)
    {
        var way = new RotationLink(
            () => link.State == LinkState.Connected,
            () => link.LastAnswer is { IsDesiredReached: true } && known.Now.RenewKey == true,
            link.ConnectAgain);
        var rotation = new KeyRotation(settings, identity, Pairs, way, clock, random, logger);
        var move = new BrokerMove(
            settings, identity, new MoveLink(() => link.State == LinkState.Connected, link.ConnectAgain), clock, random,
            logger);
        link.Opened += (shown, named) =>
        {
            Pairs.Opened(shown.CertFile!);
            rotation.Wake();
            move.Opened(shown.Broker.Print, named);
        };

        // A wish of the server is seen at the next heartbeat, which spreads those of a fleet.
        link.Answered += rotation.Wake;
        return Task.WhenAll(rotation.Run(cancellation), move.Run(cancellation));
    }
}
