using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Server.Link;

/// <summary>What a node, or its last will, says on the presence topic.</summary>
internal static class PresenceMessage
{
    /// <summary>Null when the bytes are none; an empty payload, which clears a retained message, is none.</summary>
    public static Presence? Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return payload.IsEmpty ? null : Presence.Parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
