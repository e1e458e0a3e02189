using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Link;

/// <summary>
/// The node's end of the link: reads desired, writes reported, answers streams. It writes nothing to disk and is
/// silent between heartbeats. Every method is safe from any thread and never blocks.
/// </summary>
internal sealed class LinkClient
{
    private readonly Lock _gate = new();
    private readonly LinkSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger<LinkClient> _log;
    private readonly AgentSession _session;
    private readonly LinkPackets _packets;
    private readonly Wakeup _wakeup;
    private readonly Lane _lane = new();
    private readonly LinkStreams _streams;
    private readonly LinkDial _dial;
    private readonly long _start;

    /// <summary>One change is open at a time; the second place is for the moment between commit and read.</summary>
    private readonly Channel<DesiredChange> _desired = Channel.CreateBounded<DesiredChange>(2);
    private IMqttSession? _mqtt;
    private LinkTls? _shown;
    private ulong _told;
    private ulong _streamSession;
    private string? _refusal;
    private ServerAnswer? _answered;

    public LinkClient(
        LinkSettings settings,
        IEnumerable<MapEntry> desired,
        TimeProvider clock,
        Random random,
        ILogger<LinkClient> log)
    {
        (_settings, _clock, _random, _log) = (settings, clock, random, log);
        _start = clock.GetTimestamp();
        _wakeup = new Wakeup(clock);
        var session = new SessionSettings
        {
            ClusterUid = settings.ClusterUid,
            Version = settings.AgentVersion,
            BootId = settings.BootId,
            KeepAlive = settings.KeepAlive,
        };
        _session = new AgentSession(session, desired, random, Send) { AsksAlways = () => HasLeases() };
        _packets = new LinkPackets(
            settings, () => _shown, (topic, bytes) => _mqtt?.TryPublish(topic, bytes) == true, random, log);
        _streams = new LinkStreams(SendOn);
        _dial = new LinkDial(settings, _gate, random, _wakeup.Signal);
    }

    /// <summary>
    /// Raised on every change of <see cref="State"/>, from the link's own loop; handlers return at once.
    /// </summary>
    public event Action<LinkState>? StateChanged;

    /// <summary>
    /// Raised when the server answered a session, with what the connection was made with and the broker that the server
    /// names; handlers return at once.
    /// </summary>
    public event Action<LinkTls, ulong>? Opened;

    /// <summary>
    /// Raised when <see cref="LastAnswer"/> moved, about once a heartbeat; handlers return at once.
    /// </summary>
    public event Action? Answered;

    /// <summary>
    /// Whether something here counts from the server's last answer; called at every heartbeat, and takes no time.
    /// </summary>
    public Func<bool> HasLeases { get; init; } = () => true;

    /// <summary>One change at a time; the next comes after <see cref="DesiredChange.Committed"/>.</summary>
    public ChannelReader<DesiredChange> Desired => _desired.Reader;

    public ChannelReader<StreamOpened> Streams => _streams.Opened;

    /// <summary>How a session is made for <see cref="Serve"/>.</summary>
    internal MqttSettings MqttSettings => _dial.Mqtt;

    public LinkState State { get; private set; }

    /// <summary>Why the server, or this agent, refuses the session; null when nothing was refused.</summary>
    public string? Refusal => Volatile.Read(ref _refusal);

    /// <summary>What of reported this side holds.</summary>
    public Digest Reported
    {
        get
        {
            lock (_gate)
            {
                return _session.Reported.Standing.Digest;
            }
        }
    }

    /// <summary>What went over the link in this process.</summary>
    public LinkTraffic Traffic => _packets.Traffic;

    /// <summary>The server's last answer, which fencing counts from; null when none came in this process.</summary>
    public ServerAnswer? LastAnswer
    {
        get
        {
            lock (_gate)
            {
                return _session.LastAnswered is { } at
                    ? new ServerAnswer(
                        _start + (long)(at.TotalSeconds * _clock.TimestampFrequency), _session.IsDesiredReached)
                    : null;
            }
        }
    }

    private LinkBroker Broker => _dial.Broker;

    private TimeSpan Now => _clock.GetElapsedTime(_start);

    /// <summary>Both ends have the same: all of desired is committed here and all of reported there.</summary>
    public bool IsLevel
    {
        get
        {
            lock (_gate)
            {
                return _session.IsOpen && _session.IsDesiredReached && _session.Reported.Level;
            }
        }
    }

    /// <summary>Runs the session until cancelled; a lost broker or server is retried for ever.</summary>
    public async Task Run(CancellationToken cancel)
    {
        using var loop = new MqttLoop(_clock);
        await Run(loop, cancel);
    }

    /// <summary>The same on a loop that others use too.</summary>
    public async Task Run(MqttLoop loop, CancellationToken cancel)
    {
        await using var mqtt = new MqttSession(loop, MqttSettings, _random);
        await Serve(mqtt, cancel);
    }

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
                    lock (_gate)
                    {
                        Handle(heard);
                    }
                }

                await _wakeup.Wait(Work() - Now, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            lock (_gate)
            {
                _dial.Publish(_mqtt, online: false);
                Offline("the agent ends");
            }
        }
        finally
        {
            _mqtt = null;
            Tell();
        }
    }

    /// <summary>Ends the connection to the broker and makes another; running pods do not notice.</summary>
    public void ConnectAgain() => _mqtt?.ConnectAgain();

    /// <summary>
    /// Says what is true of a key. Only the latest value travels; an equal one costs nothing. What is passing waits for
    /// the next as events do.
    /// </summary>
    public SetOutcome SetReported(string key, ReadOnlyMemory<byte> value, bool isPassing = false)
    {
        var outcome = Apply([new MapEntry(key, value)], [], isPassing ? Now + Link.Lane.Wait : TimeSpan.Zero);
        if (outcome == SetOutcome.TooLarge)
        {
            LinkLog.ReportTooLarge(_log, key);
        }

        return outcome;
    }

    public void RemoveReported(string key) => Apply([], [key], TimeSpan.Zero);

    private SetOutcome Apply(IReadOnlyList<MapEntry> upserts, IReadOnlyList<string> removals, TimeSpan heldUntil)
    {
        SetOutcome outcome;
        lock (_gate)
        {
            outcome = _session.Reported.Apply(upserts, removals, heldUntil);
        }

        if (outcome == SetOutcome.Changed)
        {
            _wakeup.Signal();
        }

        return outcome;
    }

    /// <summary>Sends in the lane that may drop; the oldest are dropped and counted when it is full.</summary>
    public void Lane(string kind, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            _lane.Add(kind, payload, Now);
        }

        _wakeup.Signal();
    }

    private void Handle(MqttEvent heard)
    {
        switch (heard)
        {
            case MqttEvent.Connected connected:
                _shown = connected.Shown as LinkTls;
                _session.Key = ShownKey.Of(_shown);
                LinkLog.BrokerConnected(_log, Broker.Url);
                _dial.Publish(_mqtt, online: true);
                _session.Connected(Now);
                break;
            case MqttEvent.Disconnected lost:
                LinkLog.BrokerLost(_log, Broker.Url, lost.Reason);
                Offline("the connection to the broker was lost");
                break;
            case MqttEvent.Received received:
                Receive(received.Message);
                break;
        }
    }

    private void Receive(MqttMessage message)
    {
        if (Topics.Parse(message.Topic) is not { } topic
            || Packet.Decode(message.Payload.Span) is not { } packet
            || Unsealed(message.Topic, packet) is not { } envelope)
        {
            return;
        }

        Traffic.Received(envelope, message.Payload.Length);
        if (topic.Kind != TopicKind.Stream)
        {
            _session.Receive(envelope, Now);
            // At once: the next message may already open a stream of the new session.
            FollowSession();
        }
        else if (_session.IsOpen && envelope.Session == _session.Session)
        {
            _streams.Receive(topic.Stream, envelope);
        }
    }

    /// <summary>The message as the session may believe it; null when it is none of its business.</summary>
    private Envelope? Unsealed(string topic, Envelope packet)
    {
        var (news, message) = _packets.Receive(topic, packet, Now);
        if (news == SealNews.Awaited)
        {
            _session.Receive(new Envelope { Invite = new Invite { ClusterUid = _settings.ClusterUid } }, Now);
        }
        else if (news == SealNews.Confirmed)
        {
            _session.Hasten(Now);
        }

        return message;
    }

    /// <summary>Sends and offers what is due; returns the time of the next call.</summary>
    private TimeSpan? Work()
    {
        TimeSpan? due;
        lock (_gate)
        {
            _packets.Poll(Now);
            _session.Poll(Now);
            FollowSession();
            while (_session.IsOpen && _lane.Next(Now) is { } message)
            {
                message.Session = _session.Session;
                Send(message);
            }

            if (_session.Desired.TakeOffer() is { } change)
            {
                _desired.Writer.TryWrite(new DesiredChange(change.Upserts, change.Removals, () => Committed(change)));
            }

            due = Times.Earliest(_session.Due, _packets.Due, _session.IsOpen ? _lane.Due : null);
            _mqtt?.Spread = _session.ReconnectSpread;
        }

        Tell();
        return due;
    }

    /// <summary>Streams and the lane's numbers end with their session.</summary>
    private void FollowSession()
    {
        var session = _session.IsOpen ? _session.Session : 0;
        if (session != _streamSession)
        {
            _streamSession = session;
            _streams.Abort("the session was lost");
            _lane.NewSession();
        }
    }

    private void Committed(MapChange change)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_session.Desired.Pending, change))
            {
                _session.Desired.Committed(Now);
            }
        }

        _wakeup.Signal();
    }

    /// <summary>Tells the state outside the gate: a handler may call back.</summary>
    private void Tell()
    {
        var state = _session.IsOpen ? LinkState.Connected : LinkState.Disconnected;
        if (_session.Refusal is { } refusal && refusal != _refusal)
        {
            LinkLog.Refused(_log, refusal);
        }

        _refusal = _session.Refusal;
        if (LastAnswer is var answered && answered != _answered)
        {
            _answered = answered;
            Answered?.Invoke();
        }

        if (state != State)
        {
            State = state;
            LinkLog.StateChanged(_log, state);
            StateChanged?.Invoke(state);
        }

        if (_session.IsOpen && _session.Session != _told && _shown is { } shown)
        {
            _told = _session.Session;
            Opened?.Invoke(shown, _session.Broker);
        }
    }

    private void Offline(string reason)
    {
        _session.Lost();
        _streamSession = 0;
        _streams.Abort(reason);
    }

    private void Send(Envelope envelope) => _packets.Send(Topics.Up(_settings.NodeName), envelope);

    private void SendOn(string id, Envelope envelope, ulong? session)
    {
        envelope.Session = session ?? _session.Session;
        _packets.Send(Topics.StreamUp(_settings.NodeName, id), envelope);
    }
}
