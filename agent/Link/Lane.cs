using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Agent.Link;

/// <summary>
/// Messages that may be lost. The oldest give way; how many did travels with the next. Not thread-safe.
/// </summary>
internal sealed class Lane
{
    /// <summary>Events of a busy hour without a link.</summary>
    private const int MessagesMax = 256;

    /// <summary>Above an Event with a long message; more is not what the lane is for.</summary>
    private const int PayloadBytesMax = 32 * 1024;

    private readonly Queue<(string Kind, ReadOnlyMemory<byte> Payload)> _waiting = new();
    private ulong _dropped;
    private ulong _sequence;

    public void Add(string kind, ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > PayloadBytesMax)
        {
            _dropped++;
            return;
        }

        if (_waiting.Count == MessagesMax)
        {
            _waiting.Dequeue();
            _dropped++;
        }

        _waiting.Enqueue((kind, payload));
    }

    public void NewSession() => _sequence = 0;

    public Envelope? Next()
    {
        if (!_waiting.TryDequeue(out var next))
        {
            return null;
        }

        var message = new LaneMessage
        {
            Kind = next.Kind,
            Payload = UnsafeByteOperations.UnsafeWrap(next.Payload),
            Dropped = _dropped,
            Sequence = ++_sequence,
        };
        _dropped = 0;
        return new Envelope { Lane = message };
    }
}
