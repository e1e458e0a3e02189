using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Edge.Server.Api.Streams.Spdy;

/// <summary>
/// Reads the header blocks of one connection, which are one zlib stream with the dictionary of SPDY. The framework's
/// zlib takes no dictionary, so it is given it as the first, uncompressed block of the stream.
/// </summary>
internal sealed class SpdyHeaderReader : IDisposable
{
    /// <summary>Of one block, unfolded; kubectl's have 60 bytes.</summary>
    public const int BlockBytesMax = 16 * 1024;

    private const int HeadersMax = 64;
    private const int ZlibHeaderBytes = 2;
    private const int DictionaryFlag = 0x20;

    private readonly Feed _feed = new();
    private readonly DeflateStream _inflate;
    private readonly byte[] _block = new byte[BlockBytesMax + 1];
    private bool _started;

    public SpdyHeaderReader() => _inflate = new DeflateStream(_feed, CompressionMode.Decompress);

    /// <exception cref="SpdyException">It is none, or too large.</exception>
    public IReadOnlyDictionary<string, string> Read(ReadOnlyMemory<byte> compressed)
    {
        try
        {
            if (!_started)
            {
                compressed = Start(compressed);
            }

            return Parse(Inflate(compressed, _block));
        }
        catch (InvalidDataException wrong)
        {
            throw new SpdyException("a header block is no zlib stream", wrong);
        }
    }

    public void Dispose() => _inflate.Dispose();

    private ReadOnlyMemory<byte> Start(ReadOnlyMemory<byte> compressed)
    {
        const int deflateWithWindow = 0x78, idBytes = 4;
        var span = compressed.Span;
        if (span.Length < ZlibHeaderBytes || span[0] != deflateWithWindow)
        {
            throw new SpdyException("a header block is no zlib stream");
        }

        _started = true;
        if ((span[1] & DictionaryFlag) == 0)
        {
            return compressed[ZlibHeaderBytes..];
        }

        if (span.Length < ZlibHeaderBytes + idBytes
            || BinaryPrimitives.ReadUInt32BigEndian(span[ZlibHeaderBytes..]) != SpdyDictionary.Id)
        {
            throw new SpdyException("the dictionary of the headers is not that of SPDY/3");
        }

        Prime();
        return compressed[(ZlibHeaderBytes + idBytes)..];
    }

    /// <summary>A stored block: its length twice, the second time inverted, and the bytes as they are.</summary>
    private void Prime()
    {
        var dictionary = SpdyDictionary.Make();
        var block = new byte[5 + dictionary.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(1), (ushort)dictionary.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(3), (ushort)~dictionary.Length);
        dictionary.CopyTo(block, 5);
        Inflate(block, dictionary);
    }

    /// <summary>Every block ends with a flush, so that all of it comes out at once.</summary>
    private ReadOnlySpan<byte> Inflate(ReadOnlyMemory<byte> compressed, byte[] into)
    {
        _feed.Next = compressed;
        var length = 0;
        while (length < into.Length && _inflate.Read(into, length, into.Length - length) is > 0 and var got)
        {
            length += got;
        }

        return length <= BlockBytesMax
            ? into.AsSpan(0, length)
            : throw new SpdyException($"a header block has more than {BlockBytesMax} bytes");
    }

    /// <summary>A number, and as often a name and a value, each after its length.</summary>
    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> block)
    {
        var count = Number(ref block);
        if (count > HeadersMax)
        {
            throw new SpdyException($"a block has {count} headers, more than {HeadersMax}");
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < count; i++)
        {
            var name = Text(ref block);
            headers[name] = Text(ref block);
        }

        return headers;
    }

    private static string Text(ref ReadOnlySpan<byte> block)
    {
        var length = Number(ref block);
        if (length > (uint)block.Length)
        {
            throw new SpdyException("a header block ends too early");
        }

        var text = Encoding.Latin1.GetString(block[..(int)length]);
        block = block[(int)length..];
        return text;
    }

    private static uint Number(ref ReadOnlySpan<byte> block)
    {
        if (block.Length < sizeof(uint))
        {
            throw new SpdyException("a header block ends too early");
        }

        var number = BinaryPrimitives.ReadUInt32BigEndian(block);
        block = block[sizeof(uint)..];
        return number;
    }

    /// <summary>What the inflater reads: the block at hand, and then nothing for now.</summary>
    private sealed class Feed : Stream
    {
        public ReadOnlyMemory<byte> Next { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = Math.Min(buffer.Length, Next.Length);
            Next.Span[..count].CopyTo(buffer);
            Next = Next[count..];
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
