using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Server.Link;

/// <summary>
/// What the link tells Fleet. Nodes are bare node names. Order within one node is the order of arrival.
/// </summary>
internal abstract record LinkEvent(string Node)
{
    /// <summary>A session opened, or opened anew; the node said hello.</summary>
    internal sealed record Connected(string Node, Hello Hello) : LinkEvent(Node);

    /// <summary>
    /// A device said hello that has a certificate of the node CA, and of which Fleet never said what it should run.
    /// </summary>
    /// <param name="Node">Of its certificate.</param>
    /// <param name="Key">The hash of its key; empty when it did not say it.</param>
    internal sealed record Stranger(string Node, string Key) : LinkEvent(Node);

    /// <summary>
    /// The broker gave the node's last will, or the node was denied; <c>LastHeard</c> is when anything came of it.
    /// </summary>
    internal sealed record Disconnected(string Node, DateTimeOffset LastHeard) : LinkEvent(Node);

    /// <summary>A hello or heartbeat came in at this time.</summary>
    internal sealed record Heard(string Node, DateTimeOffset At) : LinkEvent(Node);

    /// <summary>
    /// Changes of what the node reports. With <c>Snapshot</c> the upserts are all the node reports.
    /// Call <c>Committed</c> after the changes are on disk: only then the node gets its ack and later changes come.
    /// </summary>
    internal sealed record Reported(
        string Node,
        IReadOnlyList<MapEntry> Upserts,
        IReadOnlyList<string> Removals,
        bool Snapshot,
        Action Committed) : LinkEvent(Node);

    /// <summary>
    /// A message of the lane that may drop; <c>Lost</c> counts what was dropped before it in this session.
    /// </summary>
    internal sealed record Lane(string Node, string Kind, ReadOnlyMemory<byte> Payload, long Lost) : LinkEvent(Node);
}
