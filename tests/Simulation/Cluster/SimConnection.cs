using System.Threading.Channels;
using Edge.Proto.Mqtt;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>One process's client of the simulated broker: connects by itself, as libmosquitto is driven to.</summary>
/// <param name="wire">The network.</param>
/// <param name="process">Whose it is.</param>
/// <param name="node">Of an agent; null of the server.</param>
internal sealed class SimConnection(SimWire wire, SimProcess process, string? node) : IMqttSession
{
    private readonly Channel<MqttEvent> _events = Channel.CreateUnbounded<MqttEvent>();

    public ChannelReader<MqttEvent> Events => _events.Reader;

    public SimProcess Process => process;

    public string? Node => node;

    /// <summary>The simulated network spreads returns by itself.</summary>
    public TimeSpan Spread { get; set; }

    /// <summary>Set before anything happens.</summary>
    public MqttSettings? Settings { get; set; }

    /// <summary>As this end sees it.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The will of the present connection; its end says it.</summary>
    public MqttMessage? Will { get; private set; }

    /// <summary>Counts connections: what concerns an older one is late.</summary>
    public int Number { get; private set; }

    /// <summary>Most that ever waited here.</summary>
    public int WaitingMost { get; private set; }

    public bool TryPublish(string topic, ReadOnlyMemory<byte> payload, bool retain = false)
    {
        if (!process.IsAlive || !IsConnected)
        {
            return false;
        }

        wire.Publish(this, topic, payload, retain);
        return true;
    }

    public void ConnectAgain() => throw new NotSupportedException("no node changes its key here");

    public void Open()
    {
        Number++;
        Will = Settings!.Will?.Invoke();
        IsConnected = true;
        Tell(new MqttEvent.Connected());
    }

    public void Close(string reason)
    {
        if (IsConnected)
        {
            IsConnected = false;
            Tell(new MqttEvent.Disconnected(reason));
        }
    }

    public void Receive(MqttMessage message) => Tell(new MqttEvent.Received(message));

    private void Tell(MqttEvent what)
    {
        if (process.IsAlive)
        {
            _events.Writer.TryWrite(what);
            WaitingMost = Math.Max(WaitingMost, _events.Reader.Count);
            Settings!.Notify?.Invoke();
        }
    }
}
