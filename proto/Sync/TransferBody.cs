using System.Diagnostics.CodeAnalysis;
using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>Bodies of transfers as messages; what another side sent malformed is an ordinary answer.</summary>
internal static class TransferBody
{
    public static bool TryRead<T>(byte[] packed, MessageParser<T> parser, [NotNullWhen(true)] out T? message)
        where T : IMessage<T>
    {
        message = default;
        if (Payload.Unpack(packed, MapLimits.BodyBytesMax) is not { } bytes)
        {
            return false;
        }

        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
