using System.Threading.Channels;

namespace Edge.Proto.Mqtt;

/// <summary>
/// The edge of the process towards a broker: what a client of it hears and may say. Two implementations:
/// <see cref="MqttSession"/>, and the simulated network of the tests.
/// </summary>
public interface IMqttSession
{
    /// <summary>What happened, in order; bounded.</summary>
    ChannelReader<MqttEvent> Events { get; }

    /// <summary>False when there is no connection or no room; then the message is gone.</summary>
    bool TryPublish(string topic, ReadOnlyMemory<byte> payload, bool retain = false);

    /// <summary>Over how long the next return after a loss is spread.</summary>
    TimeSpan Spread { set; }

    /// <summary>Ends the connection, if there is one, and makes another, as after a loss.</summary>
    void ConnectAgain();
}
