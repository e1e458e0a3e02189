using System.Buffers.Binary;

namespace Edge.Server.Api.Streams.Spdy;

/// <summary>The head of a frame, and the frames that the server sends. Pure.</summary>
/// <param name="IsControl">Otherwise it is data.</param>
/// <param name="Type">Of a control frame.</param>
/// <param name="Id">The stream of a data frame.</param>
/// <param name="Flags">What they mean depends on the type.</param>
/// <param name="Length">Bytes that follow, less than 16 MiB.</param>
internal sealed record SpdyFrame(bool IsControl, int Type, uint Id, byte Flags, int Length)
{
    public const int HeadBytes = 8;

    public const int SynStream = 1;
    public const int SynReply = 2;
    public const int RstStream = 3;
    public const int PingType = 6;
    public const int Headers = 8;

    /// <summary>The sender sends nothing more on the stream.</summary>
    public const byte Fin = 1;

    /// <summary>A status of RST_STREAM.</summary>
    public const uint RefusedStream = 3;

    private const int Version = 3;
    private const uint ControlBit = 0x8000_0000;

    /// <exception cref="SpdyException">It is of another version.</exception>
    public static SpdyFrame Read(ReadOnlySpan<byte> head)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(head);
        var second = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        var (flags, length) = ((byte)(second >> 24), (int)(second & 0xFF_FFFF));
        if ((first & ControlBit) == 0)
        {
            return new SpdyFrame(false, 0, first, flags, length);
        }

        var version = (first >> 16) & 0x7FFF;
        return version == Version
            ? new SpdyFrame(true, (int)(first & 0xFFFF), 0, flags, length)
            : throw new SpdyException($"a frame is of SPDY version {version}");
    }

    /// <summary>The number at the beginning of most control frames.</summary>
    public static uint IdOf(ReadOnlyMemory<byte> body) =>
        BinaryPrimitives.ReadUInt32BigEndian(At(body, sizeof(uint)).Span) & ~ControlBit;

    public static ReadOnlyMemory<byte> After(ReadOnlyMemory<byte> body, int bytes) => At(body, bytes)[bytes..];

    public static byte[] Reply(uint stream, byte[] headers)
    {
        var frame = Control(SynReply, sizeof(uint) + headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeadBytes), stream);
        headers.CopyTo(frame, HeadBytes + sizeof(uint));
        return frame;
    }

    public static byte[] Reset(uint stream, uint status)
    {
        var frame = Control(RstStream, 2 * sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeadBytes), stream);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeadBytes + sizeof(uint)), status);
        return frame;
    }

    public static byte[] Ping(uint number)
    {
        var frame = Control(PingType, sizeof(uint));
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(HeadBytes), number);
        return frame;
    }

    public static void WriteDataHead(Span<byte> frame, uint stream, int length, bool last)
    {
        BinaryPrimitives.WriteUInt32BigEndian(frame, stream);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], (uint)length | (last ? (uint)Fin << 24 : 0));
    }

    /// <summary>
    /// No headers, as the server's zlib stream says it: the number 0 in a stored block, then an empty one, without
    /// which Go's decoder waits for more.
    /// </summary>
    public static byte[] EmptyHeaders(bool first)
    {
        byte[] block = [0, 4, 0, 0xFB, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        return first ? [0x78, 0x01, .. block] : block;
    }

    private static byte[] Control(int type, int length)
    {
        var frame = new byte[HeadBytes + length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ControlBit | ((uint)Version << 16) | (uint)type);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), (uint)length);
        return frame;
    }

    private static ReadOnlyMemory<byte> At(ReadOnlyMemory<byte> body, int bytes) => body.Length >= bytes
        ? body
        : throw new SpdyException("a control frame is too short");
}
