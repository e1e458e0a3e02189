using System.IO.Compression;

namespace Edge.Proto.Link;

/// <summary>
/// Bytes as they travel: a codec byte, then the bytes plain or by Brotli. Anything above 256 bytes is compressed,
/// if that makes it smaller.
/// </summary>
public static class Payload
{
    /// <summary>
    /// Heartbeats and acks are below this and have nothing to save. A pod's status is above it and shrinks by a third.
    /// </summary>
    public const int CompressAbove = 256;

    private const byte Plain = 0;
    private const byte Brotli = 1;

    /// <summary>Level 4 is the knee: JSON of pods shrinks to a quarter at a tenth of the time of level 11.</summary>
    private const int Quality = 4;

    private const int WindowBits = 18;

    public static byte[] Pack(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > CompressAbove)
        {
            var packed = new byte[bytes.Length];
            if (BrotliEncoder.TryCompress(bytes, packed.AsSpan(1), out var written, Quality, WindowBits))
            {
                packed[0] = Brotli;
                return packed[..(written + 1)];
            }
        }

        return PackPlain(bytes);
    }

    /// <summary>For what is compressed already.</summary>
    public static byte[] PackPlain(ReadOnlySpan<byte> bytes)
    {
        var plain = new byte[bytes.Length + 1];
        plain[0] = Plain;
        bytes.CopyTo(plain.AsSpan(1));
        return plain;
    }

    /// <summary>The bytes, or null when they are malformed or would be longer than <paramref name="most"/>.</summary>
    public static byte[]? Unpack(ReadOnlySpan<byte> packed, int most)
    {
        if (packed.IsEmpty)
        {
            return null;
        }

        var body = packed[1..];
        return packed[0] switch
        {
            Plain when body.Length <= most => body.ToArray(),
            Brotli => Decompress(body, most),
            _ => null,
        };
    }

    private static byte[]? Decompress(ReadOnlySpan<byte> body, int most)
    {
        using var result = new MemoryStream();
        using var decoder = new BrotliDecoder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var status = decoder.Decompress(body, buffer, out var consumed, out var written);
            if (result.Length + written > most)
            {
                return null;
            }

            result.Write(buffer, 0, written);
            body = body[consumed..];
            switch (status)
            {
                case System.Buffers.OperationStatus.Done when body.IsEmpty:
                    return result.ToArray();
                case System.Buffers.OperationStatus.DestinationTooSmall:
                    break;
                default:
                    return null;
            }
        }
    }
}
