using Edge.Proto.Link;

namespace Edge.Proto.Sync;

/// <summary>What a message meant to a session, beyond what the session did with it.</summary>
public enum SessionNews
{
    /// <summary>Handled or dropped; nothing for the caller.</summary>
    None,

    /// <summary>A hello opened a new session.</summary>
    Opened,

    /// <summary>A heartbeat, or a hello said again.</summary>
    Heard,

    /// <summary>A message of the open session that is not the maps' (lane, streams).</summary>
    Passed,
}

/// <summary>
/// The server's end of one node's session: the writer of desired and the reader of reported. It opens only by a
/// node's hello; to a message of a session it does not know it answers with an invitation to say hello.
/// Not thread-safe; does no I/O; time is an argument.
/// </summary>
public sealed class ServerSession
{
    private readonly SessionSettings _settings;
    private readonly Action<Envelope> _send;
    private Standing _toldDesired;
    private Standing _toldReported;
    private TimeSpan? _invited;

    /// <summary>The number of the last heartbeat of this session.</summary>
    private ulong _heard;

    public ServerSession(
        SessionSettings settings,
        ulong epoch,
        IEnumerable<MapEntry> reported,
        Random random,
        Action<Envelope> send)
        : this(settings, epoch, reported, random, send, ReaderRules.Right)
    {
    }

    internal ServerSession(
        SessionSettings settings,
        ulong epoch,
        IEnumerable<MapEntry> reported,
        Random random,
        Action<Envelope> send,
        ReaderRules rules)
    {
        (_settings, _send) = (settings, send);
        Desired = new MapWriter(Map.Desired, epoch, random, Send);
        Reported = new MapReader(Map.Reported, reported, random, Send, rules);
    }

    public MapWriter Desired { get; }

    public MapReader Reported { get; }

    /// <summary>0 while none is open.</summary>
    public ulong Session { get; private set; }

    public bool IsOpen => Session != 0;

    public TimeSpan? Due => IsOpen ? Times.Earliest(Desired.Due, Reported.Due) : null;

    /// <summary>The node is gone, or this server's own connection was lost.</summary>
    public void Close()
    {
        Session = 0;
        // What was asked over a connection that is gone, or before there was one, was perhaps never heard.
        _invited = null;
        Desired.Close();
        Reported.Close();
    }

    public SessionNews Receive(Envelope envelope, TimeSpan now)
    {
        if (envelope.BodyCase == Envelope.BodyOneofCase.Hello)
        {
            return OnHello(envelope, now);
        }

        if (!IsOpen || envelope.Session != Session)
        {
            Invite(now);
            return SessionNews.None;
        }

        switch (envelope.BodyCase)
        {
            case Envelope.BodyOneofCase.Heartbeat:
                OnHeartbeat(envelope.Heartbeat, now);
                return SessionNews.Heard;
            case Envelope.BodyOneofCase.Chunk when envelope.Chunk.Map == Map.Reported:
                Reported.OnChunk(envelope.Chunk, now);
                return SessionNews.None;
            case Envelope.BodyOneofCase.Chunk when envelope.Chunk is { Map: Map.Desired, Kind: ChunkKind.Keys }:
                Desired.OnKeys(envelope.Chunk, now);
                return SessionNews.None;
            case Envelope.BodyOneofCase.Progress when envelope.Progress.Map == Map.Desired:
                Desired.OnProgress(envelope.Progress, now);
                return SessionNews.None;
            case Envelope.BodyOneofCase.Progress:
                Reported.OnProgress(envelope.Progress, now);
                return SessionNews.None;
            case Envelope.BodyOneofCase.Ack when envelope.Ack.Map == Map.Desired:
                Desired.OnAck(envelope.Ack.Epoch, envelope.Ack.Version);
                return SessionNews.None;
            default:
                return SessionNews.Passed;
        }
    }

    /// <summary>Asks the node to say hello, unless it was asked a moment ago.</summary>
    public void Invite(TimeSpan now)
    {
        if (_invited is { } last && now < last + SessionSettings.InviteEvery)
        {
            return;
        }

        _invited = now;
        _send(new Envelope
        {
            Invite = new Invite
            {
                ClusterUid = _settings.ClusterUid,
                SpreadMilliseconds = (uint)_settings.Spread().Hello.TotalMilliseconds,
            },
        });
    }

    /// <summary>Sends what is due.</summary>
    public void Poll(TimeSpan now)
    {
        if (IsOpen)
        {
            Desired.Poll(now);
            Reported.Poll(now);
        }
    }

    private SessionNews OnHello(Envelope envelope, TimeSpan now)
    {
        var hello = envelope.Hello;
        if (envelope.Session == 0 || Refuse(envelope.Session, hello))
        {
            return SessionNews.None;
        }

        var news = SessionNews.Heard;
        if (envelope.Session != Session)
        {
            news = SessionNews.Opened;
            Session = envelope.Session;
            _heard = 0;
            Desired.Open(Standing.From(hello.Desired), now);
            Reported.Open(Standing.From(hello.Reported), now);
        }

        (_toldDesired, _toldReported) = (Desired.Standing, Reported.Standing);
        Send(new Envelope
        {
            Welcome = new Welcome
            {
                ClusterUid = _settings.ClusterUid,
                Protocol = SessionSettings.Protocol,
                Desired = _toldDesired.ToMessage(),
                Reported = _toldReported.ToMessage(),
                ServerVersion = _settings.Version,
                ReconnectSpreadMilliseconds = (uint)_settings.Spread().Reconnect.TotalMilliseconds,
                Broker = _settings.Broker,
            },
        });
        return news;
    }

    private bool Refuse(ulong session, Hello hello)
    {
        Deny? deny = null;
        if (hello.ClusterUid != _settings.ClusterUid)
        {
            deny = new Deny { Reason = DenyReason.Cluster, Message = $"this is cluster {_settings.ClusterUid}" };
        }
        else if (hello.ProtocolMin > SessionSettings.Protocol || hello.ProtocolMax < SessionSettings.Protocol)
        {
            deny = new Deny
            {
                Reason = DenyReason.Protocol,
                Message = $"this server speaks protocol {SessionSettings.Protocol}",
            };
        }

        if (deny is not null)
        {
            _send(new Envelope { Session = session, Deny = deny });
        }

        return deny is not null;
    }

    private void OnHeartbeat(Heartbeat beat, TimeSpan now)
    {
        if (Standing.From(beat.Desired) is { } reader)
        {
            Desired.OnAck(reader.Epoch, reader.Version);
        }

        if (Standing.From(beat.Reported) is { } writer)
        {
            Reported.OnWriter(writer, now);
        }

        _heard = Math.Max(_heard, beat.Number);
        if (beat.Quiet && Desired.Standing == _toldDesired && Reported.Standing == _toldReported)
        {
            return;
        }

        var answer = new HeartbeatAnswer { Number = beat.Number };
        if (Desired.Standing != _toldDesired)
        {
            answer.Desired = (_toldDesired = Desired.Standing).ToMessage();
        }

        if (Reported.Standing != _toldReported)
        {
            answer.Reported = (_toldReported = Reported.Standing).ToMessage();
        }

        Send(new Envelope { HeartbeatAnswer = answer });
    }

    private void Send(Envelope envelope)
    {
        envelope.Session = Session;
        if (envelope is { BodyCase: Envelope.BodyOneofCase.Chunk, Chunk.Map: Map.Desired })
        {
            envelope.Chunk.Heard = _heard;
        }

        _send(envelope);
    }
}
