using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// What the link knows of all nodes: their sessions, who is denied, who is gone. Does no I/O. Guarded by the gate of
/// <see cref="LinkServer"/>.
/// </summary>
/// <param name="settings">What the server says of itself.</param>
/// <param name="clock">Tells the time; nothing here waits.</param>
/// <param name="random">Makes the epoch of desired.</param>
/// <param name="send">Sends to a topic, or drops.</param>
/// <param name="log">Sessions and why nodes are gone.</param>
/// <param name="sealing">Who this server is to nodes behind a broker that is not ours; null where it is.</param>
internal sealed class LinkTable(
    SessionSettings settings, TimeProvider clock, Random random, Action<string, Envelope> send, ILogger log,
    SealIdentity? sealing = null)
{
    /// <summary>
    /// After the broker was lost or came back: nodes that are not there by then, beyond how they spread their return,
    /// are gone.
    /// </summary>
    public static readonly TimeSpan ReturnWait = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Devices without a Node that may offer keys at a time, where anybody may: some KiB each. The oldest makes room.
    /// </summary>
    private const int StrangersMax = 256;

    private readonly Dictionary<string, NodeLink> _nodes = new(StringComparer.Ordinal);
    private readonly Queue<string> _strangers = [];

    private readonly DueLinks _due = new();
    private readonly HashSet<NodeLink> _withholding = [];
    private readonly LinkDoor _door = new(settings, log);
    private readonly ulong _epoch = SessionId.Next(random);
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan? _sweepAt;
    private long _published;

    public TimeSpan Now => clock.GetElapsedTime(_start);

    /// <summary>Of the nodes that are known now.</summary>
    private Spread Spread => Spread.Of(_nodes.Count);

    private LinkIntake Intake => field ??= new LinkIntake(_door, sealing is not null, () => Now, clock, log);

    private SessionSettings Settings => field ??= settings with { Spread = () => Spread };

    /// <summary>The node's link when it has a session.</summary>
    public NodeLink? Open(string node) =>
        _nodes.TryGetValue(node, out var link) && link.Session.IsOpen ? link : null;

    /// <inheritdoc cref="LinkIntake.TakePending"/>
    public LinkEvent[] TakePending() => Intake.TakePending();

    public SetOutcome SetAllDesired(string node, IReadOnlyList<MapEntry> entries)
    {
        var link = Node(node);
        var outcome = link.Session.Desired.ApplyAll(entries);
        _due.Touch(link);
        link.IsBehind = outcome == SetOutcome.TooLarge;
        if (!link.IsBehind && !link.Known)
        {
            link.Known = true;
            // Whoever knocked was asked for its hello a moment ago, and is to be asked again.
            link.Session.Close();
            Intake.InviteUnlessWithheld(link);
        }

        return outcome;
    }

    /// <summary>
    /// Desired of all nodes tells of the store as it was at the revision: what was given away by then is given away.
    /// </summary>
    public void Published(long revision)
    {
        _published = revision;
        foreach (var link in _withholding.ToList())
        {
            GiveAway(link);
        }
    }

    /// <summary>
    /// How long nothing was heard of the node, at most since it is known here; zero for one that is not.
    /// </summary>
    public TimeSpan SilenceOf(string node) =>
        _nodes.TryGetValue(node, out var link) ? Now - link.LastHeard : TimeSpan.Zero;

    /// <summary>How long ago anything came of the node; null when nothing did in this server's life.</summary>
    public TimeSpan? HeardAgo(string node) =>
        _nodes.TryGetValue(node, out var link) && link.HasSpoken ? Now - link.LastHeard : null;

    /// <summary>For how long the node has had desired of this server; null when that is not known.</summary>
    public TimeSpan? ReachedFor(string node) => Now - _nodes.GetValueOrDefault(node)?.ReachedAt;

    /// <summary>
    /// From now on the node hears nothing until what the key stands for is given away (<see cref="Settle"/>), or until
    /// <see cref="Release"/>. False, and nothing changes, when it was heard within <paramref name="silence"/>, has a
    /// session, or is not known here.
    /// </summary>
    public bool TryWithhold(string node, string key, TimeSpan silence)
    {
        if (!_nodes.TryGetValue(node, out var link) || !link.TryWithhold(key, silence, Now))
        {
            return false;
        }

        _withholding.Add(link);
        return true;
    }

    /// <summary>
    /// The store gave it away at the revision. The node hears again once desired of that revision is published.
    /// </summary>
    public void Settle(string node, string key, long revision)
    {
        if (_nodes.TryGetValue(node, out var link) && link.Withheld.ContainsKey(key))
        {
            link.Withheld[key] = revision;
            GiveAway(link);
        }
    }

    /// <summary>What was withheld stays as it is.</summary>
    public void Release(string node, string key)
    {
        if (_nodes.TryGetValue(node, out var link) && link.Withheld.Remove(key))
        {
            if (link.Withheld.Count == 0)
            {
                _withholding.Remove(link);
            }

            Invite(link);
        }
    }

    /// <summary>The device that is there is asked at once who it is: it may have a Node again.</summary>
    public void Forget(string node)
    {
        if (_nodes.Remove(node, out var link))
        {
            _due.Forget(link);
            _withholding.Remove(link);
            var isThere = link.Session.IsOpen && !_door.IsDenied(node);
            Intake.Gone(link, "the node was deleted");
            if (isThere)
            {
                var stranger = Stranger(node);
                stranger.Incarnation = link.Incarnation;
                stranger.Session.Invite(Now);
            }
        }
    }

    /// <summary>Denied is a name, not a link: a node that is deleted and made again stays denied.</summary>
    public void Deny(string node)
    {
        _door.Deny(node);
        if (_nodes.TryGetValue(node, out var link))
        {
            Gone(link, "the node is denied");
        }
    }

    public void Allow(string node) => _door.Allow(node);

    /// <summary>Whoever has a session by this key loses it, and nothing more of it is heard.</summary>
    public void DenyKey(string hash)
    {
        _door.DenyKey(hash);
        foreach (var link in _nodes.Values)
        {
            if (link.Holder.Key == hash)
            {
                Gone(link, "its key is denied");
            }
        }
    }

    public void AllowKey(string hash) => _door.AllowKey(hash);

    /// <summary>The key that the Node records, or null; of a node that is known.</summary>
    public void SetKey(string node, string? hash)
    {
        if (_nodes.TryGetValue(node, out var link))
        {
            link.Holder.Recorded = hash ?? "";
        }
    }

    public void Handle(MqttEvent heard)
    {
        switch (heard)
        {
            case MqttEvent.Connected:
                // The broker now tells which nodes are there, and each of them is invited.
                CloseSessions();
                _sweepAt = Now + ReturnWait + Spread.Reconnect;
                break;
            case MqttEvent.Disconnected:
                AbortStreams("the connection to the broker was lost");
                CloseSessions();
                // Each failed attempt to connect comes here too, and none of them puts it off.
                _sweepAt ??= Now + ReturnWait + Spread.Reconnect;
                break;
            case MqttEvent.Received received when Topics.Parse(received.Message.Topic) is { } topic
                && !_door.IsDenied(topic.Node) && LinkOf(topic, received.Message) is { } link:
                Intake.Receive(link, topic, received.Message);
                _due.Touch(link);
                break;
        }
    }

    /// <summary>Sends and offers what is due; returns the time of the next call.</summary>
    /// <param name="committed">Called, at any time and from any thread, when an offered change is on disk.</param>
    public TimeSpan? Work(Action<NodeLink, MapChange> committed)
    {
        var now = Now;
        foreach (var link in _due.Take(now))
        {
            _due.Put(link, Work(link, now, committed));
        }

        if (now >= _sweepAt)
        {
            _sweepAt = null;
            var absent = _nodes.Values.Where(link => link.Told && !link.Session.IsOpen).ToList();
            absent.ForEach(link => Gone(link, "it did not come back to the broker"));
        }

        return Times.Earliest(_due.Next, _sweepAt);
    }

    /// <summary>Something of the link is other than it was: it is looked at in the next turn.</summary>
    public void Touch(NodeLink link) => _due.Touch(link);

    /// <summary>Does what is due for one node; returns when there is more.</summary>
    private TimeSpan? Work(NodeLink link, TimeSpan now, Action<NodeLink, MapChange> committed)
    {
        link.Session.Poll(now);
        if (link.Session.Reported.TakeOffer() is { } change)
        {
            Intake.Tell(new LinkEvent.Reported(
                link.Name, change.Upserts, change.Removals, change.Snapshot, () => committed(link, change)));
        }

        if (link.SilentAt <= now)
        {
            Intake.Gone(link, $"nothing was heard of it for {link.SilenceMost.TotalSeconds} s");
        }
        else if (link.Doubt.IsOver(now))
        {
            Intake.Gone(link, "it is said to be gone, and does not answer");
        }
        else if (link.Doubt.IsToAsk(now))
        {
            link.Session.Invite(now);
        }

        return Times.Earliest(link.Session.Due, link.SilentAt, link.Doubt.Due);
    }

    public void AbortStreams(string reason)
    {
        foreach (var link in _nodes.Values)
        {
            link.Streams.Abort(reason);
        }
    }

    private void GiveAway(NodeLink link)
    {
        link.GiveAway(_published);
        if (link.Withheld.Count == 0)
        {
            _withholding.Remove(link);
        }

        Invite(link);
    }

    private void Invite(NodeLink link)
    {
        Intake.InviteUnlessWithheld(link);
        _due.Touch(link);
    }

    private void Gone(NodeLink link, string reason)
    {
        Intake.Gone(link, reason);
        _due.Touch(link);
    }

    /// <summary>
    /// A broker that is not ours may let anybody speak for nodes that there never were: of those only what can prove
    /// itself is looked at.
    /// </summary>
    private NodeLink? LinkOf(TopicParts topic, MqttMessage message) =>
        _nodes.TryGetValue(topic.Node, out var link) ? link
        : sealing is null || (topic.Kind == TopicKind.Messages
            && Packet.Decode(message.Payload.Span)?.BodyCase is Envelope.BodyOneofCase.Offer
                or Envelope.BodyOneofCase.Sealed) ? Stranger(topic.Node)
        : null;

    private NodeLink Stranger(string node)
    {
        if (sealing is not null)
        {
            _strangers.Enqueue(node);
            if (_strangers.Count > StrangersMax
                && _nodes.GetValueOrDefault(_strangers.Dequeue()) is { Known: false } old)
            {
                _nodes.Remove(old.Name);
                _due.Forget(old);
            }
        }

        return Node(node);
    }

    private NodeLink Node(string name)
    {
        if (!_nodes.TryGetValue(name, out var link))
        {
            var topic = Topics.Down(name);
            var seal = sealing is null ? null : new ServerSeal(settings.ClusterUid, name, sealing);
            var packets = new NodePackets(name, seal, send, log);
            var session = new ServerSession(Settings, _epoch, [], random, envelope => packets.Send(topic, envelope));
            _nodes[name] = link = new NodeLink(name, session, packets) { LastHeard = Now };
            _due.Touch(link);
        }

        return link;
    }

    private void CloseSessions()
    {
        foreach (var link in _nodes.Values)
        {
            link.Session.Close();
            link.Doubt.End();
            _due.Touch(link);
        }
    }
}
