using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Agent.Link;

/// <summary>Whether the server answers.</summary>
internal enum LinkState
{
    Disconnected,
    Connected,
}

/// <summary>
/// Changes of what this node should run. Call <c>Committed</c> after they are in the ledger: only then the server
/// gets its ack and the next change comes.
/// </summary>
internal sealed record DesiredChange(
    IReadOnlyList<MapEntry> Upserts, IReadOnlyList<string> Removals, Action Committed);

/// <summary>The server opened a stream; whoever takes it writes to it and ends it.</summary>
internal sealed record StreamOpened(StreamRequest Request, LinkStream Stream);
