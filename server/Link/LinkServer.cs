using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Link;

/// <summary>
/// The server's end of the link to all nodes: one MQTT session; a writer of desired, a reader of reported per node.
/// Safe from any thread, never blocks. A hello is answered only after <see cref="SetAllDesired"/> was called once.
/// </summary>
internal sealed class LinkServer
{
    /// <summary>Events that wait for Fleet; when they are full the loop waits, and nodes send again.</summary>
    private const int EventsMax = 4096;

    /// <summary>After a broker's restart: nodes that did not come back by then are gone.</summary>
    private static readonly TimeSpan ReturnWait = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, NodeLink> _nodes = new(StringComparer.Ordinal);
    private readonly List<LinkEvent> _pending = [];
    private readonly Channel<LinkEvent> _events = Channel.CreateBounded<LinkEvent>(EventsMax);
    private readonly LinkServerSettings _settings;
    private readonly SessionSettings _session;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger<LinkServer> _log;
    private readonly Wakeup _wakeup;
    private readonly ulong _epoch;
    private readonly long _start;
    private MqttSession? _mqtt;
    private TimeSpan? _sweepAt;

    public LinkServer(LinkServerSettings settings, TimeProvider clock, Random random, ILogger<LinkServer> log)
    {
        (_settings, _clock, _random, _log) = (settings, clock, random, log);
        _session = new SessionSettings { ClusterUid = settings.ClusterUid, Version = settings.ServerVersion };
        _wakeup = new Wakeup(clock);
        _epoch = SessionId.Next(random);
        _start = clock.GetTimestamp();
    }

    /// <summary>Bounded; while nobody reads, messages of nodes are dropped and sent again by their nodes.</summary>
    public ChannelReader<LinkEvent> Events => _events.Reader;

    private TimeSpan Now => _clock.GetElapsedTime(_start);

    /// <summary>Runs the session until cancelled; a lost broker is retried for ever.</summary>
    public async Task Run(CancellationToken cancel)
    {
        using var loop = new MqttLoop(_clock);
        await using var mqtt = new MqttSession(loop, _settings.ToMqtt(_wakeup.Signal), _random);
        _mqtt = mqtt;
        try
        {
            while (true)
            {
                while (mqtt.Events.TryRead(out var heard))
                {
                    lock (_gate)
                    {
                        Handle(heard);
                    }

                    await Tell(cancel);
                }

                var due = Work();
                await Tell(cancel);
                await _wakeup.Wait(due - Now, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Sessions stay in the broker; the next server invites the nodes.
            lock (_gate)
            {
                AbortStreams("the server ends");
            }
        }
        finally
        {
            _mqtt = null;
        }
    }

    /// <summary>Changes what a node should run. An entry equal to the present one changes nothing.</summary>
    public SetOutcome SetDesired(string node, IReadOnlyList<MapEntry> upserts, IReadOnlyList<string> removals) =>
        Change(node, link => link.Session.Desired.Apply(upserts, removals));

    /// <summary>Replaces all that a node should run; only what differs travels.</summary>
    public SetOutcome SetAllDesired(string node, IReadOnlyList<MapEntry> entries) => Change(node, link =>
    {
        var outcome = link.Session.Desired.ApplyAll(entries);
        if (!link.Known && outcome != SetOutcome.TooLarge)
        {
            link.Known = true;
            link.Session.Invite(Now);
        }

        return outcome;
    });

    /// <summary>Forgets a node that was deleted: its maps, session and streams.</summary>
    public void Forget(string node)
    {
        lock (_gate)
        {
            if (_nodes.Remove(node, out var link))
            {
                Gone(link, "the node was deleted");
            }
        }

        _wakeup.Signal();
    }

    /// <summary>From now on nothing of this node is heard and nothing is sent to it.</summary>
    public void Deny(string node)
    {
        lock (_gate)
        {
            var link = Node(node);
            link.Denied = true;
            Gone(link, "the node is denied");
        }

        _wakeup.Signal();
    }

    /// <summary>Lets a denied node in again.</summary>
    public void Allow(string node)
    {
        lock (_gate)
        {
            Node(node).Denied = false;
        }
    }

    public bool IsConnected(string node)
    {
        lock (_gate)
        {
            return _nodes.TryGetValue(node, out var link) && link.Session.IsOpen;
        }
    }

    /// <summary>Opens a stream; throws <see cref="LinkStreamException"/> when the node is not connected.</summary>
    public Task<LinkStream> OpenStream(string node, StreamRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            if (!_nodes.TryGetValue(node, out var link) || !link.Session.IsOpen)
            {
                throw new LinkStreamException($"node {node} is not connected");
            }

            if (link.Streams.IsFull)
            {
                throw new LinkStreamException($"node {node} has {StreamTable.StreamsMax} streams open");
            }

            var id = SessionId.Next(_random).ToString("x16");
            var session = link.Session.Session;
            var topic = Topics.StreamDown(node, id);
            var stream = new LinkStream(envelope => SendIn(session, topic, envelope), credit: 0);
            link.Streams.Add(id, stream);
            SendIn(session, topic, new Envelope
            {
                StreamOpen = new StreamOpen
                {
                    Kind = request.Kind,
                    Payload = ByteString.CopyFrom(request.Payload.Span),
                    Credit = LinkStream.WindowBytes,
                },
            });
            return Task.FromResult(stream);
        }
    }

    private SetOutcome Change(string node, Func<NodeLink, SetOutcome> change)
    {
        SetOutcome outcome;
        lock (_gate)
        {
            outcome = change(Node(node));
        }

        if (outcome == SetOutcome.TooLarge)
        {
            LinkLog.DesiredTooLarge(_log, node);
        }

        _wakeup.Signal();
        return outcome;
    }

    private NodeLink Node(string name)
    {
        if (!_nodes.TryGetValue(name, out var link))
        {
            var topic = Topics.Down(name);
            var session = new ServerSession(
                _session, _epoch, [], _random, envelope => _mqtt?.TryPublish(topic, Packet.Encode(envelope)));
            _nodes[name] = link = new NodeLink(name, session);
        }

        return link;
    }

    private void Handle(MqttEvent heard)
    {
        switch (heard)
        {
            case MqttEvent.Connected:
                LinkLog.BrokerConnected(_log, _settings.Broker);
                // The broker now tells which nodes are there, and each of them is invited.
                _nodes.Values.ToList().ForEach(link => link.Session.Close());
                _sweepAt = Now + ReturnWait;
                break;
            case MqttEvent.Disconnected lost:
                LinkLog.BrokerLost(_log, _settings.Broker, lost.Reason);
                AbortStreams("the connection to the broker was lost");
                _nodes.Values.ToList().ForEach(link => link.Session.Close());
                break;
            case MqttEvent.Received received when Topics.Parse(received.Message.Topic) is { } topic:
                var link = Node(topic.Node);
                if (!link.Denied)
                {
                    Receive(link, topic, received.Message.Payload);
                }

                break;
        }
    }

    private void Receive(NodeLink link, TopicParts topic, ReadOnlyMemory<byte> payload)
    {
        if (topic.Kind == TopicKind.Presence)
        {
            OnPresence(link, payload);
        }
        else if (link.Known && Packet.Decode(payload.Span) is { } envelope)
        {
            if (topic.Kind == TopicKind.Messages)
            {
                OnMessage(link, envelope);
            }
            else if (link.Session.IsOpen && envelope.Session == link.Session.Session)
            {
                link.Streams.Find(topic.Stream)?.Receive(envelope);
            }
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
            if (link.Known && !link.Session.IsOpen)
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
                link.NewSession();
                link.Told = true;
                var (desired, reported) = SessionAgreement.Of(envelope.Hello, link.Session);
                LinkLog.SessionOpened(_log, link.Name, link.Session.Session, desired, reported);
                _pending.Add(new LinkEvent.Connected(link.Name, envelope.Hello));
                _pending.Add(new LinkEvent.Heard(link.Name, _clock.GetUtcNow()));
                break;
            case SessionNews.Heard:
                _pending.Add(new LinkEvent.Heard(link.Name, _clock.GetUtcNow()));
                break;
            case SessionNews.Passed when envelope.BodyCase == Envelope.BodyOneofCase.Lane:
                if (link.LaneGap(envelope.Lane) is { } lost)
                {
                    var lane = envelope.Lane;
                    _pending.Add(new LinkEvent.Lane(link.Name, lane.Kind, lane.Payload.Memory, lost));
                }

                break;
            case SessionNews.Passed:
            case SessionNews.None:
                break;
        }
    }

    /// <summary>Sends and offers what is due; returns the time of the next call.</summary>
    private TimeSpan? Work()
    {
        lock (_gate)
        {
            var now = Now;
            TimeSpan? due = null;
            foreach (var link in _nodes.Values)
            {
                link.Session.Poll(now);
                if (link.Session.Reported.TakeOffer() is { } change)
                {
                    _pending.Add(new LinkEvent.Reported(
                        link.Name, change.Upserts, change.Removals, change.Snapshot, () => Committed(link, change)));
                }

                due = Times.Earliest(due, link.Session.Due);
            }

            if (now >= _sweepAt)
            {
                _sweepAt = null;
                var absent = _nodes.Values.Where(link => link.Told && !link.Session.IsOpen).ToList();
                absent.ForEach(link => Gone(link, "it did not come back to the broker"));
            }

            return Times.Earliest(due, _sweepAt);
        }
    }

    private void Committed(NodeLink link, MapChange change)
    {
        lock (_gate)
        {
            if (ReferenceEquals(link.Session.Reported.Pending, change))
            {
                link.Session.Reported.Committed(Now);
            }
        }

        _wakeup.Signal();
    }

    private void Gone(NodeLink link, string reason)
    {
        link.Session.Close();
        link.Streams.Abort(reason);
        if (link.Told)
        {
            link.Told = false;
            LinkLog.NodeGone(_log, link.Name, reason);
            _pending.Add(new LinkEvent.Disconnected(link.Name));
        }
    }

    private void AbortStreams(string reason) =>
        _nodes.Values.ToList().ForEach(link => link.Streams.Abort(reason));

    /// <summary>Events leave outside the gate; a slow Fleet holds this loop, not its callers.</summary>
    private async ValueTask Tell(CancellationToken cancel)
    {
        LinkEvent[] events;
        lock (_gate)
        {
            events = [.. _pending];
            _pending.Clear();
        }

        foreach (var one in events)
        {
            await _events.Writer.WriteAsync(one, cancel);
        }
    }

    private void SendIn(ulong session, string topic, Envelope envelope)
    {
        envelope.Session = session;
        _mqtt?.TryPublish(topic, Packet.Encode(envelope));
    }
}
