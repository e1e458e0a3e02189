namespace Edge.Proto.Mqtt;

/// <summary>
/// What waits to be published. It is bounded and belongs to one connection: a message that does not fit, or that
/// comes while there is no connection, is refused, and whoever offers it has a protocol that says it again.
/// </summary>
internal sealed class Outbox
{
    /// <summary>A server answers ten thousand nodes at once after a broker's restart.</summary>
    private const int MessagesMax = 16_384;

    private const long BytesMax = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<(MqttMessage Message, bool Retain)> _waiting = new();
    private long _bytes;
    private bool _open;

    public bool TryAdd(MqttMessage message, bool retain)
    {
        lock (_gate)
        {
            if (!_open || _waiting.Count >= MessagesMax || _bytes + message.Payload.Length > BytesMax)
            {
                return false;
            }

            _waiting.Enqueue((message, retain));
            _bytes += message.Payload.Length;
            return true;
        }
    }

    public bool TryTake(out (MqttMessage Message, bool Retain) next)
    {
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next))
            {
                return false;
            }

            _bytes -= next.Message.Payload.Length;
            return true;
        }
    }

    public void Open(bool open)
    {
        lock (_gate)
        {
            _open = open;
            _waiting.Clear();
            _bytes = 0;
        }
    }
}
