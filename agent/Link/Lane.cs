using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Agent.Link;

/// <summary>
/// Messages that may be lost. The oldest give way; how many did travels with the next. They wait a moment for each
/// other and leave together: the events of one start say much of the same. Not thread-safe.
/// </summary>
internal sealed class Lane
{
    /// <summary>Events of a busy hour without a link.</summary>
    private const int MessagesMax = 256;

    /// <summary>Above an Event with a long message; more is not what the lane is for.</summary>
    private const int PayloadBytesMax = 32 * 1024;

    /// <summary>A person who watches does not notice it; a container is started in it.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly Queue<(string Kind, ReadOnlyMemory<byte> Payload)> _waiting = new();
    private ulong _dropped;
    private ulong _sequence;
    private TimeSpan _leaves;

    /// <summary>When the next batch leaves; null while nothing waits.</summary>
    public TimeSpan? Due => _waiting.Count > 0 ? _leaves : null;

    public void Add(string kind, ReadOnlyMemory<byte> payload, TimeSpan now)
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

        if (_waiting.Count == 0)
        {
            _leaves = now + Wait;
        }

        _waiting.Enqueue((kind, payload));
    }

    public void NewSession() => _sequence = 0;

    /// <summary>What is due, as much as fits into a packet; null when nothing is.</summary>
    public Envelope? Next(TimeSpan now)
    {
        if (_waiting.Count == 0 || now < _leaves)
        {
            return null;
        }

        var batch = new LaneBatch();
        var bytes = 0;
        while (_waiting.TryPeek(out var next) && (bytes += next.Payload.Length) <= PayloadBytesMax)
        {
            _waiting.Dequeue();
            batch.Messages.Add(new LaneMessage
            {
                Kind = next.Kind,
                Payload = UnsafeByteOperations.UnsafeWrap(next.Payload),
                Dropped = _dropped,
                Sequence = ++_sequence,
            });
            _dropped = 0;
        }

        return new Envelope { LaneBatch = batch };
    }
}
