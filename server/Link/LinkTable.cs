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

    /// <summary>Later than every revision: what is withheld is not given away yet.</summary>
    private const long NotYet = long.MaxValue;

    private readonly Dictionary<string, NodeLink> _nodes = new(StringComparer.Ordinal);
    private readonly HashSet<string> _denied = new(StringComparer.Ordinal);
    private readonly List<LinkEvent> _pending = [];
    private readonly ulong _epoch = SessionId.Next(random);
    private readonly long _start = clock.GetTimestamp();
    private TimeSpan? _sweepAt;
    private long _published;

    public TimeSpan Now => clock.GetElapsedTime(_start);

    /// <summary>Of the nodes that are known now.</summary>
    private Spread Spread => Spread.Of(_nodes.Count);

    private SessionSettings Settings => field ??= settings with { Spread = () => Spread };

    /// <summary>The node's link when it has a session.</summary>
    public NodeLink? Open(string node) =>
        _nodes.TryGetValue(node, out var link) && link.Session.IsOpen ? link : null;

    /// <summary>What Fleet is to be told since the last call.</summary>
    public LinkEvent[] TakePending()
    {
        LinkEvent[] events = [.. _pending];
        _pending.Clear();
        return events;
    }

    public SetOutcome SetAllDesired(string node, IReadOnlyList<MapEntry> entries)
    {
        var link = Node(node);
        var outcome = link.Session.Desired.ApplyAll(entries);
        link.IsBehind = outcome == SetOutcome.TooLarge;
        if (!link.IsBehind && !link.Known)
        {
            link.Known = true;
            InviteUnlessWithheld(link);
        }

        return outcome;
    }

    /// <summary>
    /// Desired of all nodes tells of the store as it was at the revision: what was given away by then is given away.
    /// </summary>
    public void Published(long revision)
    {
        _published = revision;
        foreach (var link in _nodes.Values)
        {
            if (link.Withheld.Count > 0)
            {
                GiveAway(link);
            }
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

    /// <summary>
    /// From now on the node hears nothing until what the key stands for is given away (<see cref="Settle"/>), or until
    /// <see cref="Release"/>. False, and nothing changes, when it was heard within <paramref name="silence"/>, has a
    /// session, or is not known here.
    /// </summary>
    public bool TryWithhold(string node, string key, TimeSpan silence)
    {
        if (!_nodes.TryGetValue(node, out var link) || link.Told || link.Session.IsOpen
            || Now - link.LastHeard < silence)
        {
            return false;
        }

        link.Withheld[key] = NotYet;
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
            InviteUnlessWithheld(link);
        }
    }

    public void Forget(string node)
    {
        if (_nodes.Remove(node, out var link))
        {
            Gone(link, "the node was deleted");
        }
    }

    /// <summary>Denied is a name, not a link: a node that is deleted and made again stays denied.</summary>
    public void Deny(string node)
    {
        _denied.Add(node);
        if (_nodes.TryGetValue(node, out var link))
        {
            Gone(link, "the node is denied");
        }
    }

    public void Allow(string node) => _denied.Remove(node);

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
                && !_denied.Contains(topic.Node) && IsCredible(topic.Node):
                Receive(Node(topic.Node), topic, received.Message);
                break;
        }
    }

    /// <summary>Sends and offers what is due; returns the time of the next call.</summary>
    /// <param name="committed">Called, at any time and from any thread, when an offered change is on disk.</param>
    public TimeSpan? Work(Action<NodeLink, MapChange> committed)
    {
        var now = Now;
        TimeSpan? due = null;
        foreach (var link in _nodes.Values)
        {
            link.Session.Poll(now);
            if (link.Session.Reported.TakeOffer() is { } change)
            {
                _pending.Add(new LinkEvent.Reported(
                    link.Name, change.Upserts, change.Removals, change.Snapshot, () => committed(link, change)));
            }

            if (link.SilentAt <= now)
            {
                Gone(link, $"nothing was heard of it for {link.SilenceMost.TotalSeconds} s");
            }
            else if (link.Doubt.IsOver(now))
            {
                Gone(link, "it is said to be gone, and does not answer");
            }
            else if (link.Doubt.IsToAsk(now))
            {
                link.Session.Invite(now);
            }

            due = Times.Earliest(due, link.Session.Due, link.SilentAt, link.Doubt.Due);
        }

        if (now >= _sweepAt)
        {
            _sweepAt = null;
            var absent = _nodes.Values.Where(link => link.Told && !link.Session.IsOpen).ToList();
            absent.ForEach(link => Gone(link, "it did not come back to the broker"));
        }

        return Times.Earliest(due, _sweepAt);
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
        InviteUnlessWithheld(link);
    }

    /// <summary>A broker that is not ours may let anybody speak for nodes that there never were.</summary>
    private bool IsCredible(string node) => sealing is null || _nodes.ContainsKey(node);

    private NodeLink Node(string name)
    {
        if (!_nodes.TryGetValue(name, out var link))
        {
            var topic = Topics.Down(name);
            var seal = sealing is null ? null : new ServerSeal(settings.ClusterUid, name, sealing);
            var packets = new NodePackets(name, seal, send, log);
            var session = new ServerSession(Settings, _epoch, [], random, envelope => packets.Send(topic, envelope));
            _nodes[name] = link = new NodeLink(name, session, packets) { LastHeard = Now };
        }

        return link;
    }

    private void InviteUnlessWithheld(NodeLink link)
    {
        if (link is { Known: true, Withheld.Count: 0, Session.IsOpen: false } && !_denied.Contains(link.Name))
        {
            link.Session.Invite(Now);
        }
    }

    private void Receive(NodeLink link, TopicParts topic, MqttMessage message)
    {
        if (topic.Kind == TopicKind.Presence)
        {
            OnPresence(link, message.Payload);
        }
        else if (link.Known && Packet.Decode(message.Payload.Span) is { } packet)
        {
            if (packet.BodyCase == Envelope.BodyOneofCase.Offer)
            {
                OnOffer(link, packet.Offer);
            }
            else if (link.Packets.Open(message.Topic, packet) is { } envelope)
            {
                OnEnvelope(link, topic, envelope);
            }
            else if (!link.Session.IsOpen && packet.BodyCase == Envelope.BodyOneofCase.Sealed)
            {
                InviteUnlessWithheld(link);
            }
        }
    }

    /// <summary>Anybody may offer: nothing is heard of the node by it.</summary>
    private static void OnOffer(NodeLink link, Agreement offer)
    {
        if (link.Withheld.Count == 0)
        {
            link.Packets.Answer(offer, link.Session.Session);
        }
    }

    private void OnEnvelope(NodeLink link, TopicParts topic, Envelope envelope)
    {
        (link.LastHeard, link.HasSpoken) = (Now, true);
        link.Doubt.End();
        if (link.Withheld.Count > 0)
        {
            return;
        }

        if (topic.Kind == TopicKind.Messages)
        {
            OnMessage(link, envelope);
        }
        else if (link.Session.IsOpen && envelope.Session == link.Session.Session)
        {
            link.Streams.Find(topic.Stream)?.Receive(envelope);
        }
    }

    private void OnPresence(NodeLink link, ReadOnlyMemory<byte> payload)
    {
        if (PresenceMessage.Read(payload.Span) is not { } presence)
        {
            return;
        }

        if (presence.Online)
        {
            link.Incarnation = presence.Incarnation;
            InviteUnlessWithheld(link);
        }
        else if (sealing is not null)
        {
            // Anybody may have written it.
            if (link.Session.IsOpen && link.Doubt.Begin(Now))
            {
                link.Session.Invite(Now);
            }
        }
        else if (presence.Incarnation == link.Incarnation)
        {
            Gone(link, "its broker connection ended");
        }
    }

    private void OnMessage(NodeLink link, Envelope envelope)
    {
        switch (link.Session.Receive(envelope, Now))
        {
            case SessionNews.Opened:
                link.NewSession(envelope.Hello);
                link.Told = true;
                var (desired, reported) = SessionAgreement.Of(envelope.Hello, link.Session);
                LinkLog.SessionOpened(log, link.Name, link.Session.Session, desired, reported);
                _pending.Add(new LinkEvent.Connected(link.Name, envelope.Hello));
                _pending.Add(new LinkEvent.Heard(link.Name, clock.GetUtcNow()));
                break;
            case SessionNews.Heard:
                _pending.Add(new LinkEvent.Heard(link.Name, clock.GetUtcNow()));
                break;
            case SessionNews.Passed when envelope.BodyCase == Envelope.BodyOneofCase.Lane:
                OnLane(link, envelope.Lane);
                break;
            case SessionNews.Passed when envelope.BodyCase == Envelope.BodyOneofCase.LaneBatch:
                foreach (var message in envelope.LaneBatch.Messages)
                {
                    OnLane(link, message);
                }

                break;
            case SessionNews.Passed:
            case SessionNews.None:
                break;
        }
    }

    private void OnLane(NodeLink link, LaneMessage lane)
    {
        if (link.LaneGap(lane) is { } lost)
        {
            _pending.Add(new LinkEvent.Lane(link.Name, lane.Kind, lane.Payload.Memory, lost));
        }
    }

    private void Gone(NodeLink link, string reason)
    {
        link.Session.Close();
        link.Doubt.End();
        link.Streams.Abort(reason);
        if (link.Told)
        {
            link.Told = false;
            LinkLog.NodeGone(log, link.Name, reason);
            _pending.Add(new LinkEvent.Disconnected(link.Name, clock.GetUtcNow() - (Now - link.LastHeard)));
        }
    }

    private void CloseSessions()
    {
        foreach (var link in _nodes.Values)
        {
            link.Session.Close();
            link.Doubt.End();
        }
    }
}
