using System.Buffers.Binary;
using System.Text;

namespace Edge.Tests.Server.Api.Streams.Spdy;

/// <summary>The client's side of SPDY/3.1, as little of it as a test needs.</summary>
internal sealed class SpdyWire(Stream wire)
{
    private bool _started;

    public Stream Stream => wire;

    public async Task Open(uint id, params (string Name, string Value)[] headers) =>
        await wire.WriteAsync(OpenFrame(id, headers));

    public async Task Send(uint id, ReadOnlyMemory<byte> data, bool last = false) =>
        await wire.WriteAsync(DataFrame(id, data.Span, last));

    public byte[] OpenFrame(uint id, params (string Name, string Value)[] headers)
    {
        var block = Block(headers);
        byte[] body = [.. Number(id), 0, 0, 0, 0, 0, 0, .. block];
        return Control(1, body);
    }

    public static byte[] DataFrame(uint id, ReadOnlySpan<byte> data, bool last) =>
        [.. Number(id), .. Number((uint)data.Length | (last ? 1u << 24 : 0)), .. data];

    public static byte[] Control(int type, byte[] body, byte flags = 0) =>
        [.. Number(0x8003_0000u | (uint)type), .. Number((uint)body.Length | ((uint)flags << 24)), .. body];

    public static byte[] Number(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }

    /// <summary>The next frame: its type (0 for data), stream, flags and body.</summary>
    public async Task<(int Type, uint Id, byte Flags, byte[] Body)?> Next()
    {
        var head = new byte[8];
        if (await wire.ReadAtLeastAsync(head, 8, throwOnEndOfStream: false).AsTask().WaitAsync(StreamClient.Limit) < 8)
        {
            return null;
        }

        var (first, second) = (
            BinaryPrimitives.ReadUInt32BigEndian(head), BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(4)));
        var body = new byte[second & 0xFF_FFFF];
        await wire.ReadExactlyAsync(body).AsTask().WaitAsync(StreamClient.Limit);
        return first >> 31 == 0
            ? (0, first, (byte)(second >> 24), body)
            : ((int)(first & 0xFFFF), BinaryPrimitives.ReadUInt32BigEndian(body), (byte)(second >> 24), body);
    }

    /// <summary>What comes on each stream until all of these are finished.</summary>
    public async Task<Dictionary<uint, string>> UntilFinished(params uint[] ids)
    {
        var open = ids.ToHashSet();
        var texts = ids.ToDictionary(id => id, _ => new StringBuilder());
        while (open.Count > 0 && await Next() is { } frame)
        {
            if (frame.Type == 0 && texts.TryGetValue(frame.Id, out var text))
            {
                text.Append(Encoding.UTF8.GetString(frame.Body));
                if ((frame.Flags & 1) != 0)
                {
                    open.Remove(frame.Id);
                }
            }
        }

        Assert.Empty(open);
        return texts.ToDictionary(text => text.Key, text => text.Value.ToString());
    }

    /// <summary>A stored block and an empty one, in a zlib stream without a dictionary.</summary>
    private byte[] Block((string Name, string Value)[] headers)
    {
        byte[] pairs =
        [
            .. Number((uint)headers.Length),
            .. headers.SelectMany(header => (byte[])[.. Text(header.Name), .. Text(header.Value)]),
        ];
        var length = (ushort)pairs.Length;
        byte[] start = _started ? [] : [0x78, 0x01];
        _started = true;
        return
        [
            .. start, 0, (byte)length, (byte)(length >> 8), (byte)~length, (byte)(~length >> 8), .. pairs,
            0, 0, 0, 0xFF, 0xFF,
        ];
    }

    private static byte[] Text(string text) => [.. Number((uint)text.Length), .. Encoding.ASCII.GetBytes(text)];
}
