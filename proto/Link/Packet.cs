using Google.Protobuf;

namespace Edge.Proto.Link;

/// <summary>An envelope as one MQTT payload.</summary>
public static class Packet
{
    /// <summary>No payload is longer; the parts of the protocol that carry more cut it into pieces first.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>What a packet may unfold to. A packet holds at most one piece of 48 KiB or one lane message.</summary>
    public const int UnpackedBytesMax = 256 * 1024;

    public static byte[] Encode(Envelope envelope)
    {
        // The body of a transfer is compressed as a whole, before it is cut; what is sealed, before it is sealed.
        var packed = envelope.BodyCase is Envelope.BodyOneofCase.Chunk or Envelope.BodyOneofCase.Sealed
            ? Payload.PackPlain(envelope.ToByteArray())
            : Payload.Pack(envelope.ToByteArray());
        return packed.Length < BytesMax
            ? packed
            : throw new ArgumentException($"a packet of {packed.Length} bytes is over {BytesMax}", nameof(envelope));
    }

    /// <summary>The envelope, or null when the bytes are none.</summary>
    public static Envelope? Decode(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > BytesMax || Payload.Unpack(packet, UnpackedBytesMax) is not { } bytes)
        {
            return null;
        }

        try
        {
            return Envelope.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
