using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Edge.Agent.Runtime.Grpc;

/// <summary>gRPC's framing: one zero byte (not compressed), the length in 4 bytes, the message.</summary>
internal static class GrpcFrame
{
    /// <summary>containerd's own limit, each way.</summary>
    public const int MessageBytesMax = 16 * 1024 * 1024;

    private const int HeaderBytes = 5;

    public static byte[] Encode(IMessage message)
    {
        var size = message.CalculateSize();
        var frame = new byte[HeaderBytes + size];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)size);
        message.WriteTo(frame.AsSpan(HeaderBytes));
        return frame;
    }

    /// <summary>The next message, or null at the end of the stream.</summary>
    public static async Task<T?> Read<T>(Stream stream, MessageParser<T> parser, CancellationToken token)
        where T : class, IMessage<T>
    {
        var header = new byte[HeaderBytes];
        var got = await stream.ReadAtLeastAsync(header, HeaderBytes, throwOnEndOfStream: false, token);
        if (got == 0)
        {
            return null;
        }

        var size = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(1));
        if (got < HeaderBytes || header[0] != 0 || size > MessageBytesMax)
        {
            throw new IOException($"malformed gRPC frame of {size} bytes");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)size);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, (int)size), token);
            return parser.ParseFrom(buffer.AsSpan(0, (int)size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
