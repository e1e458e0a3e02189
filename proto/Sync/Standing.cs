using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>Where one side of a map stands: <see cref="Position"/> as a value. Epoch 0 is "nowhere known".</summary>
public readonly record struct Standing(ulong Epoch, ulong Version, Digest Digest)
{
    public Position ToMessage() => new()
    {
        Epoch = Epoch,
        Version = Version,
        Digest = ByteString.CopyFrom(Digest.ToBytes(Digest.Sum)),
    };

    /// <summary>Null when the message is absent or its digest is malformed.</summary>
    public static Standing? From(Position? message) =>
        message is not null && Digest.FromBytes(message.Digest.Span) is { } sum
            ? new Standing(message.Epoch, message.Version, new Digest(sum))
            : null;
}
