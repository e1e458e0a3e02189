using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;

namespace Edge.Proto.Link.Sealing;

/// <summary>
/// The keys of one session at one end: AES-256-GCM, a key for each direction, a number that is never used twice for
/// each message. The topic is sealed with it, so that no message is heard on another one. Safe from any thread.
/// </summary>
internal sealed class SealChannel : IDisposable
{
    /// <summary>NIST SP 800-38D; by then heartbeats go unanswered and a new session brings new keys.</summary>
    internal const ulong NumbersMax = 1ul << 32;

    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly Lock _gate = new();
    private readonly AesGcm _send;
    private readonly AesGcm _receive;
    private readonly ReplayWindow _received = new();
    private ulong _sent;
    private bool _ended;

    /// <summary>The keys are not needed any more afterwards, and are wiped.</summary>
    public SealChannel(byte[] send, byte[] receive)
    {
        _send = new AesGcm(send, TagBytes);
        _receive = new AesGcm(receive, TagBytes);
        CryptographicOperations.ZeroMemory(send);
        CryptographicOperations.ZeroMemory(receive);
    }

    /// <summary>0 until a hello gave the channel its session.</summary>
    public ulong Session { get; set; }

    /// <summary>How many messages were sealed; set by tests only.</summary>
    internal ulong Sent { get => _sent; set => _sent = value; }

    /// <summary>Null when it is of another session, or the keys are used up.</summary>
    public Envelope? Seal(string topic, Envelope envelope)
    {
        var plain = Inside(envelope);
        lock (_gate)
        {
            if (_ended || Session == 0 || envelope.Session != Session || _sent >= NumbersMax)
            {
                return null;
            }

            var number = ++_sent;
            var box = new byte[plain.Length + TagBytes];
            _send.Encrypt(
                Nonce(number), plain, box.AsSpan(0, plain.Length), box.AsSpan(plain.Length),
                Encoding.UTF8.GetBytes(topic));
            return new Envelope
            {
                Sealed = new Sealed { Number = number, Box = UnsafeByteOperations.UnsafeWrap(box) },
            };
        }
    }

    /// <summary>Null when it was not sealed with these keys for this topic, or came before.</summary>
    public Envelope? Open(string topic, Sealed message)
    {
        lock (_gate)
        {
            if (_ended || message.Box.Length < TagBytes || !_received.IsNew(message.Number))
            {
                return null;
            }

            var box = message.Box.Span;
            var plain = new byte[box.Length - TagBytes];
            try
            {
                _receive.Decrypt(
                    Nonce(message.Number), box[..plain.Length], box[plain.Length..], plain,
                    Encoding.UTF8.GetBytes(topic));
            }
            catch (AuthenticationTagMismatchException)
            {
                return null;
            }

            _received.Mark(message.Number);
            return Outside(Packet.Decode(plain));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _send.Dispose();
            _receive.Dispose();
        }
    }

    /// <summary>The keys say which session it is; only the hello, which names it, carries its number.</summary>
    private static byte[] Inside(Envelope envelope)
    {
        var session = envelope.Session;
        envelope.Session = envelope.BodyCase == Envelope.BodyOneofCase.Hello ? session : 0;
        var plain = Packet.Encode(envelope);
        envelope.Session = session;
        return plain;
    }

    private Envelope? Outside(Envelope? envelope)
    {
        if (envelope is not null && envelope.BodyCase != Envelope.BodyOneofCase.Hello)
        {
            envelope.Session = Session;
        }

        return envelope;
    }

    private static byte[] Nonce(ulong number)
    {
        var nonce = new byte[NonceBytes];
        BinaryPrimitives.WriteUInt64BigEndian(nonce.AsSpan(NonceBytes - sizeof(ulong)), number);
        return nonce;
    }
}
