using Edge.Proto.Link;

namespace Edge.Tests.Simulation;

/// <summary>Carries packets both ways and loses, doubles, delays and reorders them, by the seed.</summary>
internal sealed class LossyNetwork(Random random, double loss, double doubling, TimeSpan delayMost)
{
    private readonly PriorityQueue<(bool ToServer, byte[] Packet), (TimeSpan At, long Order)> _flying = new();
    private long _order;

    public bool Faulty { get; set; } = true;

    public TimeSpan? Due => _flying.TryPeek(out _, out var priority) ? priority.At : null;

    public void Send(bool toServer, Envelope envelope, TimeSpan now)
    {
        var packet = Packet.Encode(envelope);
        if (Faulty && random.NextDouble() < loss)
        {
            return;
        }

        Fly(toServer, packet, now);
        if (Faulty && random.NextDouble() < doubling)
        {
            Fly(toServer, packet, now);
        }
    }

    public (bool ToServer, Envelope Envelope) Deliver()
    {
        var (toServer, packet) = _flying.Dequeue();
        return (toServer, Packet.Decode(packet) ?? throw new InvalidOperationException("a packet did not decode"));
    }

    /// <summary>The broker died: what it held is gone.</summary>
    public void Drop() => _flying.Clear();

    private void Fly(bool toServer, byte[] packet, TimeSpan now)
    {
        // A few packets are very late, also beyond the end of their session.
        var scale = Faulty && random.Next(30) == 0 ? 50 : 1;
        var delay = Faulty ? delayMost * random.NextDouble() * scale : TimeSpan.FromMilliseconds(50);
        _flying.Enqueue((toServer, packet), (now + delay, _order++));
    }
}
