using System.Security.Cryptography;
using Google.Protobuf;

namespace Edge.Proto.Link.Sealing;

/// <summary>What a packet from the broker meant to the agent's seal.</summary>
public enum SealNews
{
    /// <summary>It did not open, or did not prove itself: dropped.</summary>
    Refused,

    /// <summary>Handled here.</summary>
    None,

    /// <summary>A message of the session, opened.</summary>
    Opened,

    /// <summary>The server answered, and waits for a hello: it knows no session of this node, or another one.</summary>
    Awaited,

    /// <summary>The server answered that it has this session: whoever said otherwise was not the server.</summary>
    Confirmed,
}

/// <summary>
/// The agent's end of the sealing: agrees on keys before each session's hello and believes nothing that is not sealed
/// with them. An invitation, which anybody can write, only makes it ask the server. Safe from any thread.
/// <code>
///  no keys ──hello: offer──▶ offered ──answer──▶ agreed ──hello──▶ bound to its session ──welcome──▶ open
///     ▲                                             ▲                                                 │
///     └──────────── hello of another session ───────┴── invited: offer; the answer names another one ─┘
/// </code>
/// </summary>
/// <param name="clusterUid">The only cluster whose server is believed.</param>
/// <param name="node">This node's bare name.</param>
/// <param name="identity">Read for every agreement, because keys are changed; null when it cannot be read.</param>
/// <param name="send">Sends to the server as it is.</param>
public sealed class AgentSeal(
    string clusterUid, string node, Func<SealIdentity?> identity, Action<Envelope> send)
{
    /// <summary>One question to the server in this time, however many invitations there are.</summary>
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(5);

    /// <summary>After so many hellos without a welcome the server may have lost the keys.</summary>
    private const int HellosMax = 2;

    private readonly Lock _gate = new();
    private SealChannel? _channel;
    private Agreement? _proof;
    private ECDiffieHellman? _own;
    private byte[] _ownKey = [];
    private bool _isOpen;
    private int _hellos;
    private TimeSpan? _asked;
    private TimeSpan? _askAt;

    /// <summary>How long after an invitation this node asks: within its spread.</summary>
    public Func<Invite, TimeSpan> WaitOf { get; init; } = _ => TimeSpan.Zero;

    /// <summary>How many packets were dropped.</summary>
    public long Refused { get; private set; }

    /// <summary>When <see cref="Poll"/> has something to do.</summary>
    public TimeSpan? Due
    {
        get
        {
            lock (_gate)
            {
                return _askAt;
            }
        }
    }

    /// <summary>Asks the server what it was too early to ask.</summary>
    public void Poll(TimeSpan now)
    {
        lock (_gate)
        {
            AskIfDue(now);
        }
    }

    /// <summary>What to send instead; null when it must not be sent.</summary>
    public Envelope? Seal(string topic, Envelope envelope)
    {
        lock (_gate)
        {
            if (envelope.BodyCase != Envelope.BodyOneofCase.Hello)
            {
                return _channel?.Seal(topic, envelope);
            }

            if (_channel is { Session: not 0 } && _channel.Session != envelope.Session)
            {
                Drop();
            }

            if (_channel is null)
            {
                return Offer();
            }

            if (!_isOpen && _hellos++ >= HellosMax)
            {
                _hellos = 0;
                return Offer();
            }

            _channel.Session = envelope.Session;
            envelope.Proof = _proof;
            return _channel.Seal(topic, envelope);
        }
    }

    /// <summary>The message is there with <see cref="SealNews.Opened"/> only.</summary>
    public (SealNews News, Envelope? Message) Receive(string topic, Envelope envelope, TimeSpan now)
    {
        lock (_gate)
        {
            var (news, message) = envelope.BodyCase switch
            {
                Envelope.BodyOneofCase.Sealed => Open(topic, envelope.Sealed),
                Envelope.BodyOneofCase.Answer => (Take(envelope.Answer), null),
                Envelope.BodyOneofCase.Invite => (Ask(envelope.Invite, now), null),
                _ => (SealNews.Refused, null),
            };
            Refused += news == SealNews.Refused ? 1 : 0;
            return (news, message);
        }
    }

    private (SealNews, Envelope?) Open(string topic, Sealed message)
    {
        if (_channel?.Open(topic, message) is not { } opened)
        {
            return (SealNews.Refused, null);
        }

        _isOpen |= opened.BodyCase == Envelope.BodyOneofCase.Welcome;
        return (SealNews.Opened, opened);
    }

    private SealNews Ask(Invite invite, TimeSpan now)
    {
        if (invite.ClusterUid != clusterUid)
        {
            return SealNews.Refused;
        }

        // Later rather than never: the last one may have been anybody's, and this one the server's. The earliest
        // counts, so that nobody's long spread keeps the node from a server that waits for it.
        var (wanted, allowed) = (now + WaitOf(invite), _asked + AskEvery ?? now);
        var at = wanted > allowed ? wanted : allowed;
        _askAt = _askAt < at ? _askAt : at;
        AskIfDue(now);
        return SealNews.None;
    }

    private void AskIfDue(TimeSpan now)
    {
        if (now >= _askAt)
        {
            (_asked, _askAt) = (now, null);
            send(Offer());
        }
    }

    /// <summary>The same one until it is answered: the answer to the last may be on its way.</summary>
    private Envelope Offer()
    {
        if (_own is null)
        {
            _own = SealAgreement.NewKey();
            _ownKey = SealAgreement.PublicKeyOf(_own);
        }

        return new Envelope { Offer = new Agreement { Key = ByteString.CopyFrom(_ownKey) } };
    }

    private SealNews Take(Agreement answer)
    {
        if (_own is null || answer.Key.Length != SealAgreement.PublicKeyBytes || identity() is not { } me)
        {
            return SealNews.Refused;
        }

        var agreement = new SealAgreement(clusterUid, node, _ownKey, answer.Key.ToByteArray());
        var certificate = answer.Certificate.Span;
        if (!me.IsSignedBy(
            SealIdentity.ServerName, certificate, agreement.ServerText(answer.Open), answer.Signature.Span))
        {
            return SealNews.Refused;
        }

        if (_isOpen && answer.Open == _channel?.Session)
        {
            Forget();
            return SealNews.Confirmed;
        }

        var channel = agreement.Channel(_own, isServer: false, certificate);
        Drop();
        _channel = channel;
        _proof = new Agreement
        {
            Certificate = ByteString.CopyFrom(me.Certificate.Span),
            Signature = ByteString.CopyFrom(me.Sign(agreement.AgentText(certificate))),
        };
        return SealNews.Awaited;
    }

    private void Drop()
    {
        _channel?.Dispose();
        (_channel, _proof, _isOpen, _hellos) = (null, null, false, 0);
        Forget();
    }

    private void Forget()
    {
        _own?.Dispose();
        _own = null;
    }
}
