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

    private readonly Lock _gate = new();
    private readonly LinkTable _table;
    private readonly Channel<LinkEvent> _events = Channel.CreateBounded<LinkEvent>(EventsMax);
    private readonly LinkServerSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger<LinkServer> _log;
    private readonly Wakeup _wakeup;
    private IMqttSession? _mqtt;

    public LinkServer(LinkServerSettings settings, TimeProvider clock, Random random, ILogger<LinkServer> log)
    {
        (_settings, _clock, _random, _log) = (settings, clock, random, log);
        _wakeup = new Wakeup(clock);
        var session = new SessionSettings
        {
            ClusterUid = settings.ClusterUid, Version = settings.ServerVersion, Broker = settings.Print,
        };
        _table = new LinkTable(session, clock, random, Send, log, settings.Sealing);
    }

    /// <summary>Bounded; while nobody reads, messages of nodes are dropped and sent again by their nodes.</summary>
    public ChannelReader<LinkEvent> Events => _events.Reader;

    /// <summary>Runs the session until cancelled; a lost broker is retried for ever.</summary>
    public async Task Run(CancellationToken cancel)
    {
        using var loop = new MqttLoop(_clock);
        await using var mqtt = new MqttSession(loop, MqttSettings(), _random);
        await Serve(mqtt, cancel);
    }

    internal MqttSettings MqttSettings() => _settings.ToMqtt(_wakeup.Signal);

    /// <summary>The loop over a session that was made with <see cref="MqttSettings"/>.</summary>
    internal async Task Serve(IMqttSession mqtt, CancellationToken cancel)
    {
        _mqtt = mqtt;
        try
        {
            while (true)
            {
                while (mqtt.Events.TryRead(out var heard))
                {
                    Log(heard);
                    lock (_gate)
                    {
                        _table.Handle(heard);
                    }

                    await Tell(cancel);
                }

                var due = Work();
                await Tell(cancel);
                await _wakeup.Wait(due - _table.Now, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Sessions stay in the broker; the next server invites the nodes.
            lock (_gate)
            {
                _table.AbortStreams("the server ends");
            }
        }
        finally
        {
            _mqtt = null;
        }
    }

    /// <summary>Replaces all that a node should run; only what differs travels.</summary>
    public SetOutcome SetAllDesired(string node, IReadOnlyList<MapEntry> entries) =>
        Change(node, () => _table.SetAllDesired(node, entries));

    /// <summary>Forgets a node that was deleted: its maps, session and streams; not that it is denied.</summary>
    public void Forget(string node) => Act(() => _table.Forget(node));

    /// <summary>How long nothing was heard of the node, at most since this server began.</summary>
    public TimeSpan SilenceOf(string node)
    {
        lock (_gate)
        {
            return _table.SilenceOf(node);
        }
    }

    /// <inheritdoc cref="LinkTable.HeardAgo"/>
    public TimeSpan? HeardAgo(string node)
    {
        lock (_gate)
        {
            return _table.HeardAgo(node);
        }
    }

    /// <inheritdoc cref="LinkTable.ReachedFor"/>
    public TimeSpan? ReachedFor(string node)
    {
        lock (_gate)
        {
            return _table.ReachedFor(node);
        }
    }

    /// <inheritdoc cref="LinkTable.TryWithhold"/>
    public bool TryWithhold(string node, string key, TimeSpan silence)
    {
        lock (_gate)
        {
            return _table.TryWithhold(node, key, silence);
        }
    }

    /// <inheritdoc cref="LinkTable.Published"/>
    public void Published(long revision) => Act(() => _table.Published(revision));

    /// <inheritdoc cref="LinkTable.Settle"/>
    public void Settle(string node, string key, long revision) => Act(() => _table.Settle(node, key, revision));

    /// <inheritdoc cref="LinkTable.Release"/>
    public void Release(string node, string key) => Act(() => _table.Release(node, key));

    /// <summary>From now on nothing of this node is heard and nothing is sent to it.</summary>
    public void Deny(string node) => Act(() => _table.Deny(node));

    /// <summary>Lets a denied node in again.</summary>
    public void Allow(string node) => Act(() => _table.Allow(node));

    /// <summary>The same for one key, whatever name it is shown with.</summary>
    public void DenyKey(string hash) => Act(() => _table.DenyKey(hash));

    public void AllowKey(string hash) => Act(() => _table.AllowKey(hash));

    /// <inheritdoc cref="LinkTable.SetKey"/>
    public void SetKey(string node, string? hash)
    {
        lock (_gate)
        {
            _table.SetKey(node, hash);
        }
    }

    public bool IsConnected(string node)
    {
        lock (_gate)
        {
            return _table.Open(node) is not null;
        }
    }

    /// <summary>Opens a stream.</summary>
    /// <exception cref="NodeAwayException">The node is not connected.</exception>
    /// <exception cref="TooManyStreamsException">It has too many streams open.</exception>
    public Task<LinkStream> OpenStream(string node, StreamRequest request, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var link = _table.Open(node) ?? throw new NodeAwayException($"node {node} is not connected");
            if (link.Streams.IsFull)
            {
                throw new TooManyStreamsException($"node {node} has {StreamTable.StreamsMax} streams open");
            }

            var id = SessionId.Next(_random).ToString("x16");
            var session = link.Session.Session;
            var topic = Topics.StreamDown(node, id);
            var stream = new LinkStream(envelope => SendIn(link, session, topic, envelope), credit: 0);
            link.Streams.Add(id, stream);
            SendIn(link, session, topic, new Envelope
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

    private SetOutcome Change(string node, Func<SetOutcome> change)
    {
        SetOutcome outcome;
        lock (_gate)
        {
            outcome = change();
        }

        if (outcome == SetOutcome.TooLarge)
        {
            LinkLog.DesiredTooLarge(_log, node);
        }

        _wakeup.Signal();
        return outcome;
    }

    private void Act(Action act)
    {
        lock (_gate)
        {
            act();
        }

        _wakeup.Signal();
    }

    private void Log(MqttEvent heard)
    {
        if (heard is MqttEvent.Connected)
        {
            LinkLog.BrokerConnected(_log, _settings.Broker);
        }
        else if (heard is MqttEvent.Disconnected lost)
        {
            LinkLog.BrokerLost(_log, _settings.Broker, lost.Reason);
        }
    }

    private TimeSpan? Work()
    {
        lock (_gate)
        {
            return _table.Work((link, change) => Act(() => Committed(link, change)));
        }
    }

    private void Committed(NodeLink link, MapChange change)
    {
        if (ReferenceEquals(link.Session.Reported.Pending, change))
        {
            link.Session.Reported.Committed(_table.Now);
            _table.Touch(link);
        }
    }

    /// <summary>Events leave outside the gate; a slow Fleet holds this loop, not its callers.</summary>
    private async ValueTask Tell(CancellationToken cancel)
    {
        LinkEvent[] events;
        lock (_gate)
        {
            events = _table.TakePending();
        }

        foreach (var one in events)
        {
            await _events.Writer.WriteAsync(one, cancel);
        }
    }

    private static void SendIn(NodeLink link, ulong session, string topic, Envelope envelope)
    {
        envelope.Session = session;
        link.Packets.Send(topic, envelope);
    }

    private void Send(string topic, Envelope envelope) => _mqtt?.TryPublish(topic, Packet.Encode(envelope));
}

/// <summary>There is no session with the node.</summary>
internal sealed class NodeAwayException(string message) : LinkStreamException(message);

/// <summary>The node has as many streams open as it may have.</summary>
internal sealed class TooManyStreamsException(string message) : LinkStreamException(message);
