using Edge.Agent.Enrolment;
using Edge.Agent.Link;
using Edge.Agent.Reconcile;
using Edge.Agent.Settings;
using Microsoft.Extensions.Logging;

namespace Edge.Agent;

/// <summary>The node's keys and its link put together: what it shows, and how the server has it change them.</summary>
internal sealed class NodeKeys(AgentSettings settings, NodeIdentity identity)
{
    public PairChoice Pairs { get; } = new(identity);

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
        link.Opened += shown =>
        {
            Pairs.Opened(shown.CertFile!);
            rotation.Wake();
        };

        // A wish of the server is seen at the next heartbeat, which spreads those of a fleet.
        link.Answered += rotation.Wake;
        return rotation.Run(cancellation);
    }
}
