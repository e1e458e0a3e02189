using Edge.Proto.Link;

namespace Edge.Proto.Sync;

/// <summary>
/// The agent's end of a session: hello until welcomed, then heartbeats, the reader of desired and the writer of
/// reported. Not thread-safe; does no I/O; time is an argument.
/// <code>
///  offline ──Connected──▶ opening ──welcome of our cluster──▶ open
///     ▲                     ▲  └─ hello again, jittered         │
///     └──Lost── (any)       └── invite, unanswered heartbeat ───┘
/// </code>
/// </summary>
public sealed class AgentSession
{
    private readonly SessionSettings _settings;
    private readonly Random _random;
    private readonly Action<Envelope> _send;
    private readonly Backoff _helloBackoff;
    private SessionState _state = SessionState.Offline;
    private TimeSpan _due;
    private TimeSpan? _sentAt;
    private ulong _number;
    private bool _awaiting;

    /// <summary>The heartbeats since the last answer, oldest first: the quiet ones, and one that is not.</summary>
    private readonly List<(ulong Number, TimeSpan SentAt)> _unanswered = [];
    private (Standing Desired, Standing Reported) _sent;
    private (Standing Desired, Standing Reported) _answered;
    private Standing? _toReach;

    public AgentSession(
        SessionSettings settings, IEnumerable<MapEntry> desired, Random random, Action<Envelope> send)
        : this(settings, desired, random, send, ReaderRules.Right)
    {
    }

    internal AgentSession(
        SessionSettings settings,
        IEnumerable<MapEntry> desired,
        Random random,
        Action<Envelope> send,
        ReaderRules rules)
    {
        (_settings, _random, _send) = (settings, random, send);
        _helloBackoff = new Backoff(SessionSettings.HelloLeast, SessionSettings.HelloMost, random);
        Desired = new MapReader(Map.Desired, desired, random, Send, rules);
        Reported = new MapWriter(Map.Reported, SessionId.Next(random), random, Send);
    }

    public MapReader Desired { get; }

    public MapWriter Reported { get; }

    public ulong Session { get; private set; }

    public bool IsOpen => _state == SessionState.Open;

    /// <summary>
    /// Says whether every heartbeat asks for an answer: whoever has a lease counts from the last one that was answered.
    /// </summary>
    public Func<bool> AsksAlways { get; init; } = () => true;

    /// <summary>Why the server, or this agent, refuses the session; null when nothing was refused.</summary>
    public string? Refusal { get; private set; }

    /// <summary>
    /// How widely the next return to a broker that was lost is spread, by the server's last welcome; in memory only.
    /// </summary>
    public TimeSpan ReconnectSpread { get; private set; }

    /// <summary>Where the cluster's broker is, by the server's last welcome; 0 where it did not say.</summary>
    public ulong Broker { get; private set; }

    /// <summary>SHA-256 of the public key that the node shows on this connection; empty when it is not known.</summary>
    public ReadOnlyMemory<byte> Key { get; set; }

    /// <summary>When the last hello or heartbeat was sent that the server answered.</summary>
    public TimeSpan? LastAnswered { get; private set; }

    /// <summary>
    /// Whether desired is, or was since, what the server had when it answered the session that
    /// <see cref="LastAnswered"/> belongs to. Before that it may hold what was given away while nobody was heard.
    /// </summary>
    public bool IsDesiredReached
    {
        get
        {
            if (_toReach is { } writer && Desired.HasReached(writer))
            {
                _toReach = null;
            }

            return LastAnswered is not null && _toReach is null;
        }
    }

    /// <summary>When <see cref="Poll"/> has something to do; null while offline.</summary>
    public TimeSpan? Due => _state switch
    {
        SessionState.Offline => null,
        SessionState.Opening => _due,
        SessionState.Open => Times.Earliest(_due, Desired.Due, Reported.Due),
    };

    /// <summary>The broker is there.</summary>
    public void Connected(TimeSpan now)
    {
        _helloBackoff.Reset();
        Begin(now);
    }

    /// <summary>The broker is gone.</summary>
    public void Lost()
    {
        CloseMaps();
        Session = 0;
        _state = SessionState.Offline;
    }

    /// <summary>
    /// Handles what concerns the session and the maps; says whether the message is of the open session.
    /// </summary>
    public bool Receive(Envelope envelope, TimeSpan now)
    {
        if (_state == SessionState.Offline)
        {
            return false;
        }

        if (envelope.BodyCase == Envelope.BodyOneofCase.Invite)
        {
            // Sent by a server that knows no session of ours, so it cannot carry its number.
            if (envelope.Invite.ClusterUid == _settings.ClusterUid)
            {
                OnInvite(now, Spread.Bounded(envelope.Invite.SpreadMilliseconds) * _random.NextDouble());
            }

            return false;
        }

        if (envelope.Session != Session)
        {
            return false;
        }

        if (_state == SessionState.Opening)
        {
            OnAnswer(envelope, now);
            return false;
        }

        OnOpen(envelope, now);
        return _state == SessionState.Open;
    }

    /// <summary>The server has this session and asks whether the node is there: it is told at once.</summary>
    public void Hasten(TimeSpan now)
    {
        if (_state == SessionState.Open && !_awaiting)
        {
            _due = now;
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Poll(TimeSpan now)
    {
        if (_state == SessionState.Offline)
        {
            return;
        }

        if (now >= _due)
        {
            Tick(now);
        }

        if (_state == SessionState.Open)
        {
            Desired.Poll(now);
            Reported.Poll(now);
        }
    }

    private void Tick(TimeSpan now)
    {
        if (_state == SessionState.Opening)
        {
            SayHello(now);
        }
        else if (_awaiting)
        {
            _helloBackoff.Reset();
            Begin(now);
            SayHello(now);
        }
        else
        {
            Beat(now);
        }
    }

    /// <summary>
    /// An open session is unknown to the server and gives way to a new one. One that is opening says its hello
    /// again: the welcome to the first may be on its way.
    /// </summary>
    private void OnInvite(TimeSpan now, TimeSpan wait)
    {
        if (_state == SessionState.Opening)
        {
            _due = Times.Least(_due, now + wait);
        }
        else
        {
            Begin(now);
            _due = now + wait;
        }
    }

    private void Begin(TimeSpan now)
    {
        CloseMaps();
        Session = SessionId.Next(_random);
        _state = SessionState.Opening;
        _sentAt = null;
        _due = now;
    }

    private void SayHello(TimeSpan now)
    {
        // Any hello of this session may be the one that is answered: fencing counts from the first.
        _sentAt ??= now;
        _due = now + _helloBackoff.Next();
        Send(new Envelope { Hello = _settings.Greeting(Desired.Standing, Reported.Standing, Key) });
    }

    private void OnAnswer(Envelope envelope, TimeSpan now)
    {
        if (envelope.BodyCase == Envelope.BodyOneofCase.Deny)
        {
            Refusal = $"the server refuses this node: {envelope.Deny.Reason}: {envelope.Deny.Message}";
            return;
        }

        if (envelope.BodyCase != Envelope.BodyOneofCase.Welcome)
        {
            return;
        }

        var welcome = envelope.Welcome;
        if (welcome.ClusterUid != _settings.ClusterUid)
        {
            Refusal = $"cluster {welcome.ClusterUid} answers, this node belongs to {_settings.ClusterUid}";
            return;
        }

        Refusal = null;
        _state = SessionState.Open;
        _awaiting = false;
        _unanswered.Clear();
        _answered = default;
        _helloBackoff.Reset();
        LastAnswered = _sentAt;
        ReconnectSpread = Spread.Bounded(welcome.ReconnectSpreadMilliseconds);
        Broker = welcome.Broker;
        _due = now + _settings.KeepAlive;
        _toReach = Standing.From(welcome.Desired) ?? default;
        Desired.Open(Standing.From(welcome.Desired), now);
        Reported.Open(Standing.From(welcome.Reported), now);
    }

    private void OnOpen(Envelope envelope, TimeSpan now)
    {
        switch (envelope.BodyCase)
        {
            case Envelope.BodyOneofCase.Deny:
                Refusal = $"the server refuses this node: {envelope.Deny.Reason}: {envelope.Deny.Message}";
                Begin(now);
                _due = now + _helloBackoff.Next();
                break;
            case Envelope.BodyOneofCase.HeartbeatAnswer:
                OnHeartbeatAnswer(envelope.HeartbeatAnswer, now);
                break;
            case Envelope.BodyOneofCase.Chunk when envelope.Chunk.Map == Map.Desired:
                OnHeard(envelope.Chunk.Heard);
                Desired.OnChunk(envelope.Chunk, now);
                break;
            case Envelope.BodyOneofCase.Chunk when envelope.Chunk is { Map: Map.Reported, Kind: ChunkKind.Keys }:
                Reported.OnKeys(envelope.Chunk, now);
                break;
            case Envelope.BodyOneofCase.Progress when envelope.Progress.Map == Map.Desired:
                Desired.OnProgress(envelope.Progress, now);
                break;
            case Envelope.BodyOneofCase.Progress:
                Reported.OnProgress(envelope.Progress, now);
                break;
            case Envelope.BodyOneofCase.Ack when envelope.Ack.Map == Map.Reported:
                Reported.OnAck(envelope.Ack.Epoch, envelope.Ack.Version);
                break;
            default:
                break;
        }
    }

    private void Beat(TimeSpan now)
    {
        _sent = (Desired.Standing, Reported.Standing);
        var quiet = _sent == _answered && _unanswered.Count < SessionSettings.QuietMost && !AsksAlways();
        _awaiting = !quiet;
        _due = now + (quiet ? _settings.KeepAlive : Times.Least(SessionSettings.AnswerWait, _settings.KeepAlive));
        var beat = new Heartbeat { Number = ++_number, Quiet = quiet };
        _unanswered.Add((_number, now));
        if (_sent.Desired != _answered.Desired)
        {
            beat.Desired = _sent.Desired.ToMessage();
        }

        if (_sent.Reported != _answered.Reported)
        {
            beat.Reported = _sent.Reported.ToMessage();
        }

        Send(new Envelope { Heartbeat = beat });
    }

    private void OnHeartbeatAnswer(HeartbeatAnswer answer, TimeSpan now)
    {
        if (_unanswered is not [.., var last] || answer.Number != last.Number)
        {
            return;
        }

        LastAnswered = last.SentAt;
        _unanswered.Clear();
        _awaiting = false;
        _answered = _sent;
        _due = Times.Latest(last.SentAt + _settings.KeepAlive, now);
        if (Standing.From(answer.Desired) is { } desired)
        {
            Desired.OnWriter(desired, now);
        }

        if (Standing.From(answer.Reported) is { } reported)
        {
            Reported.OnAck(reported.Epoch, reported.Version);
        }
    }

    /// <summary>
    /// The server heard this heartbeat. It says so with all that desired brings: a lease that begins with what came
    /// counts from here, however long no answer was asked for.
    /// </summary>
    private void OnHeard(ulong number)
    {
        foreach (var beat in _unanswered)
        {
            LastAnswered = beat.Number <= number ? beat.SentAt : LastAnswered;
        }
    }

    private void CloseMaps()
    {
        Desired.Close();
        Reported.Close();
    }

    private void Send(Envelope envelope)
    {
        envelope.Session = Session;
        _send(envelope);
    }

    private enum SessionState
    {
        Offline,
        Opening,
        Open,
    }
}
