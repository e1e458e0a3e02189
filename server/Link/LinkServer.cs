using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// The server's end of the link to all nodes: one MQTT session, and per node a writer of desired and a reader
/// of reported. Knows sessions and bytes, not pods. Every method is safe from any thread and never blocks.
/// </summary>
internal sealed class LinkServer(
    LinkServerSettings settings, TimeProvider clock, Random random, ILogger<LinkServer> log)
{
    /// <summary>Bounded; while nobody reads, messages of nodes wait in the broker or are sent again by their nodes.</summary>
    public ChannelReader<LinkEvent> Events => throw new NotImplementedException($"{settings}{clock}{random}{log}");

    /// <summary>Runs the session until cancelled; a lost broker is retried for ever.</summary>
    public Task Run(CancellationToken cancel) => throw new NotImplementedException();

    /// <summary>Changes what a node should run. An entry equal to the present one changes nothing.</summary>
    public SetOutcome SetDesired(string node, IReadOnlyList<MapEntry> upserts, IReadOnlyList<string> removals) =>
        throw new NotImplementedException();

    /// <summary>Replaces all that a node should run; only what differs travels.</summary>
    public SetOutcome SetAllDesired(string node, IReadOnlyList<MapEntry> entries) => throw new NotImplementedException();

    /// <summary>Forgets a node that was deleted: its maps, session and streams.</summary>
    public void Forget(string node) => throw new NotImplementedException();

    /// <summary>From now on nothing of this node is heard and nothing is sent to it.</summary>
    public void Deny(string node) => throw new NotImplementedException();

    /// <summary>Lets a denied node in again.</summary>
    public void Allow(string node) => throw new NotImplementedException();

    public bool IsConnected(string node) => throw new NotImplementedException();

    /// <summary>Opens a stream to a connected node; throws <see cref="LinkStreamException"/> when it is not connected.</summary>
    public Task<LinkStream> OpenStream(string node, StreamRequest request, CancellationToken cancel) =>
        throw new NotImplementedException();
}
