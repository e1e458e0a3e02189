using System.Security.Cryptography;
using Google.Protobuf;

namespace Edge.Proto.Link.Sealing;

/// <summary>
/// The server's end of the sealing with one node. An offer, which anybody can write, is answered and changes nothing;
/// only a sealed hello that the node signed takes the place of the keys in use. Safe from any thread.
/// </summary>
/// <param name="clusterUid">Of this server's cluster.</param>
/// <param name="node">The node's bare name.</param>
/// <param name="identity">The server's.</param>
public sealed class ServerSeal(string clusterUid, string node, SealIdentity identity)
{
    /// <summary>Offers that wait for their hello; whoever floods a node's topic can only make it offer again.</summary>
    private const int OffersMax = 4;

    private readonly Lock _gate = new();
    private readonly List<Offered> _offered = [];
    private SealChannel? _channel;

    /// <summary>How many packets were dropped.</summary>
    public long Refused { get; private set; }

    /// <summary>Null when it is no offer.</summary>
    /// <param name="offer">Of the node, or of anybody.</param>
    /// <param name="open">The session that is open with the node; 0 when none is.</param>
    public Envelope? Answer(Agreement offer, ulong open)
    {
        lock (_gate)
        {
            if ((Find(offer.Key) ?? Agree(offer.Key)) is not { } offered)
            {
                Refused++;
                return null;
            }

            return new Envelope
            {
                Answer = new Agreement
                {
                    Key = ByteString.CopyFrom(offered.Agreement.ServerKey),
                    Certificate = ByteString.CopyFrom(identity.Certificate.Span),
                    Signature = ByteString.CopyFrom(identity.Sign(offered.Agreement.ServerText(open))),
                    Open = open,
                },
            };
        }
    }

    /// <summary>Null when the keys of its session are not there, or used up.</summary>
    public Envelope? Seal(string topic, Envelope envelope)
    {
        lock (_gate)
        {
            return _channel?.Seal(topic, envelope);
        }
    }

    /// <summary>The message, or null when it did not open or came before.</summary>
    public Envelope? Open(string topic, Envelope envelope)
    {
        lock (_gate)
        {
            var opened = envelope.BodyCase == Envelope.BodyOneofCase.Sealed
                ? InUse(topic, envelope.Sealed) ?? FirstHello(topic, envelope.Sealed)
                : null;
            Refused += opened is null ? 1 : 0;
            return opened;
        }
    }

    private Envelope? InUse(string topic, Sealed message) =>
        _channel?.Open(topic, message) is { } opened && opened.Session == _channel.Session ? opened : null;

    private Envelope? FirstHello(string topic, Sealed message)
    {
        for (var at = 0; at < _offered.Count; at++)
        {
            var offered = _offered[at];
            if (offered.Channel.Open(topic, message) is { } opened)
            {
                _offered.RemoveAt(at);
                if (KeyOf(opened, offered.Agreement) is { } key)
                {
                    // What is proved takes the place of what is said.
                    opened.Hello.Key = ByteString.CopyFrom(key);
                    DropFirst(at);
                    Use(offered.Channel, opened.Session);
                    return opened;
                }

                offered.Channel.Dispose();
                return null;
            }
        }

        return null;
    }

    /// <summary>
    /// A hello to an earlier offer may have been held back, and must not open an old session. One to a later offer is
    /// the node's next word: it may have offered twice before it heard an answer.
    /// </summary>
    private void DropFirst(int count)
    {
        for (var at = 0; at < count; at++)
        {
            _offered[at].Channel.Dispose();
        }

        _offered.RemoveRange(0, count);
    }

    /// <summary>SHA-256 of the key by which the node signed this hello; null when it did not.</summary>
    private byte[]? KeyOf(Envelope hello, SealAgreement agreement) =>
        hello is { BodyCase: Envelope.BodyOneofCase.Hello, Session: not 0, Proof: { } proof }
            ? identity.KeyThatSigned(
                Topics.UserPrefix + node, proof.Certificate.Span, agreement.AgentText(identity.Certificate.Span),
                proof.Signature.Span)
            : null;

    private void Use(SealChannel channel, ulong session)
    {
        _channel?.Dispose();
        _channel = channel;
        _channel.Session = session;
    }

    private Offered? Find(ByteString key)
    {
        foreach (var offered in _offered)
        {
            if (key.Span.SequenceEqual(offered.Agreement.AgentKey))
            {
                return offered;
            }
        }

        return null;
    }

    private Offered? Agree(ByteString key)
    {
        if (key.Length != SealAgreement.PublicKeyBytes)
        {
            return null;
        }

        using var own = SealAgreement.NewKey();
        var agreement = new SealAgreement(clusterUid, node, key.ToByteArray(), SealAgreement.PublicKeyOf(own));
        SealChannel channel;
        try
        {
            channel = agreement.Channel(own, isServer: true, identity.Certificate.Span);
        }
        catch (CryptographicException)
        {
            return null;
        }

        if (_offered.Count == OffersMax)
        {
            _offered[0].Channel.Dispose();
            _offered.RemoveAt(0);
        }

        var offered = new Offered(agreement, channel);
        _offered.Add(offered);
        return offered;
    }

    /// <summary>An offer that was answered.</summary>
    private sealed record Offered(SealAgreement Agreement, SealChannel Channel);
}
