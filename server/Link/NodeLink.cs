using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Server.Link;

/// <summary>What the link knows of one node. Guarded by the gate of <see cref="LinkServer"/>.</summary>
internal sealed class NodeLink(string name, ServerSession session)
{
    public string Name => name;

    public ServerSession Session => session;

    public StreamTable Streams { get; } = new();

    /// <summary>
    /// Fleet said what the node should run. Before that a hello is not answered: an empty map would be taken for
    /// "run nothing".
    /// </summary>
    public bool Known { get; set; }

    /// <summary>Fleet was told Connected, and not Disconnected since.</summary>
    public bool Told { get; set; }

    /// <summary>Of the last birth: a last will of an older one is late and means nothing.</summary>
    public ulong Incarnation { get; set; }

    private ulong LaneSequence { get; set; }

    public void NewSession()
    {
        Streams.Abort("the session was lost");
        LaneSequence = 0;
    }

    /// <summary>How many messages are missing before this one; null when it came already.</summary>
    public long? LaneGap(LaneMessage lane)
    {
        if (lane.Sequence <= LaneSequence)
        {
            return null;
        }

        var hole = lane.Sequence - LaneSequence - 1;
        LaneSequence = lane.Sequence;
        return (long)(hole + lane.Dropped);
    }
}
