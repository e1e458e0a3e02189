using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Server.Link;

/// <summary>What the link knows of one node. Guarded by the gate of <see cref="LinkServer"/>.</summary>
/// <param name="name">Bare.</param>
/// <param name="session">Not open yet.</param>
/// <param name="packets">To and from the node.</param>
internal sealed class NodeLink(string name, ServerSession session, NodePackets packets)
{
    /// <summary>Later than every revision: what is withheld is not given away yet.</summary>
    private const long NotYet = long.MaxValue;

    /// <summary>The agent's setting may be from 10 s to an hour.</summary>
    private const uint KeepAliveLeast = 10;
    private const uint KeepAliveMost = 3600;

    /// <summary>Of agents that do not say it.</summary>
    private static readonly TimeSpan KeepAliveDefault = TimeSpan.FromSeconds(120);

    public string Name => name;

    public ServerSession Session => session;

    public NodePackets Packets => packets;

    public StreamTable Streams { get; } = new();

    /// <summary>
    /// Fleet said what the node should run. Before that a hello is not answered: an empty map would be taken for
    /// "run nothing".
    /// </summary>
    public bool Known { get; set; }

    /// <summary>Fleet was told Connected, and not Disconnected since.</summary>
    public bool Told { get; set; }

    /// <summary>What should run there is too much: desired is still the last that was not.</summary>
    public bool IsBehind { get; set; }

    /// <summary>
    /// Entries of desired that stand for what is being given away, with the revision of the store that did. Until
    /// desired tells of that revision a hello is not answered either: the node would take them up again.
    /// </summary>
    public Dictionary<string, long> Withheld { get; } = [];

    /// <summary>The device that has the name.</summary>
    public NameHolder Holder { get; } = new();

    /// <summary>Of the last birth: a last will of an older one is late and means nothing.</summary>
    public ulong Incarnation { get; set; }

    /// <summary>
    /// When anything came of the node, else since when this link is known; since the link's clock started.
    /// </summary>
    public TimeSpan LastHeard { get; set; }

    /// <summary>Whether it is still there, where presence may be anybody's.</summary>
    public Doubt Doubt { get; } = new();

    /// <summary>
    /// Since when the node is known to have had desired of this server, by a heartbeat: a hello may be late.
    /// </summary>
    public TimeSpan? ReachedAt { get; private set; }

    /// <summary>Something came of the node since this link is known.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>After so long without a word the node is gone, whatever the broker thinks.</summary>
    public TimeSpan SilenceMost { get; private set; } = SilenceOf(new Hello());

    /// <summary>
    /// When the node will have been silent for too long, or null when it is gone. A will is given once, and the broker
    /// may drop it: silence is the only other sign.
    /// </summary>
    public TimeSpan? SilentAt => Told ? LastHeard + SilenceMost : null;

    /// <summary>Of <see cref="DueLinks"/>, which alone sets it: until when this link waits there.</summary>
    public TimeSpan? QueuedAt { get; set; }

    private ulong LaneSequence { get; set; }

    /// <summary>
    /// Ends the withholding of what desired of this revision tells of. Where desired is too large to be set, the last
    /// one that was not may still name what is given away.
    /// </summary>
    public void GiveAway(long published)
    {
        foreach (var (key, revision) in Withheld)
        {
            if (revision <= published && (!IsBehind || session.Desired.Find(key) is null))
            {
                Withheld.Remove(key);
            }
        }
    }

    /// <summary>Takes what was heard in the open session.</summary>
    public void Reach(Envelope envelope, TimeSpan now)
    {
        if (envelope.BodyCase == Envelope.BodyOneofCase.Heartbeat && session.Desired.Level)
        {
            ReachedAt ??= now;
        }
    }

    /// <summary>
    /// From now on the node hears nothing until what the key stands for is given away. False, and nothing changes, when
    /// it was heard within the silence, or has a session.
    /// </summary>
    public bool TryWithhold(string key, TimeSpan silence, TimeSpan now)
    {
        if (Told || session.IsOpen || now - LastHeard < silence)
        {
            return false;
        }

        Withheld[key] = NotYet;
        return true;
    }

    public void NewSession(Hello hello, TimeSpan now)
    {
        Holder.Served(hello, now);
        SilenceMost = SilenceOf(hello);
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

    /// <summary>A heartbeat may be lost and the next be late; no node may say that it is never missed.</summary>
    private static TimeSpan SilenceOf(Hello hello)
    {
        var keepAlive = hello.KeepAliveSeconds == 0
            ? KeepAliveDefault
            : TimeSpan.FromSeconds(Math.Clamp(hello.KeepAliveSeconds, KeepAliveLeast, KeepAliveMost));
        return keepAlive * 2.5;
    }
}
