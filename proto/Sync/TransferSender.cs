using System.Buffers.Binary;
using System.Security.Cryptography;
using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>
/// One transfer on its way out: a frozen body cut into chunks, sent within a window that doubles with every sign
/// of progress and falls to one chunk after a silence, so that a thin link is never flooded.
/// </summary>
internal sealed class TransferSender
{
    /// <summary>Above the round trip of a satellite link with a commit at its end.</summary>
    private static readonly TimeSpan ResendLeast = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan ResendMost = TimeSpan.FromSeconds(60);

    private readonly ReadOnlyMemory<byte> _body;
    private readonly Backoff _backoff;
    private int _confirmed;
    private int _sent;
    private int _window = 1;

    /// <summary>The header carries all but the fields of the pieces, which are set here.</summary>
    public TransferSender(Chunk header, IMessage body, Random random, TimeSpan now)
    {
        _body = Payload.Pack(body.ToByteArray());
        _backoff = new Backoff(ResendLeast, ResendMost, random);
        Header = header;
        Header.Transfer = BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(_body.Span));
        Header.Count = (uint)((_body.Length + MapLimits.ChunkBytes - 1) / MapLimits.ChunkBytes);
        Due = now;
    }

    public Chunk Header { get; }

    public TimeSpan Due { get; private set; }

    public void OnProgress(Progress progress, TimeSpan now)
    {
        if (progress.Transfer != Header.Transfer || progress.Next <= _confirmed || progress.Next > Header.Count)
        {
            return;
        }

        _confirmed = (int)progress.Next;
        _sent = Math.Max(_sent, _confirmed);
        _window = Math.Min(_window * 2, MapLimits.ChunkWindowMax);
        _backoff.Reset();
        Due = now;
    }

    /// <summary>The receiver is at work on the answer; there is no hurry to send again.</summary>
    public void Postpone(TimeSpan now) => Due = now + ResendMost;

    public void Poll(TimeSpan now, Action<Envelope> send)
    {
        if (now < Due)
        {
            return;
        }

        var end = Math.Min(_confirmed + _window, (int)Header.Count);
        if (_sent >= end)
        {
            // Silence: begin again behind what is confirmed; the last chunk asks once more when all are.
            _window = 1;
            _sent = Math.Min(_confirmed, (int)Header.Count - 1);
            end = _sent + 1;
        }

        for (; _sent < end; _sent++)
        {
            send(new Envelope { Chunk = Piece(_sent) });
        }

        Due = now + _backoff.Next();
    }

    private Chunk Piece(int index)
    {
        var start = index * MapLimits.ChunkBytes;
        var length = Math.Min(MapLimits.ChunkBytes, _body.Length - start);
        var chunk = Header.Clone();
        chunk.Index = (uint)index;
        chunk.Data = ByteString.CopyFrom(_body.Span.Slice(start, length));
        return chunk;
    }
}
