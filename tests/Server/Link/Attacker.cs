using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Google.Protobuf;

namespace Edge.Tests.Server.Link;

/// <summary>A client that the broker lets read all and write all. It records from its first moment on.</summary>
internal sealed class Attacker : IAsyncDisposable
{
    private readonly MqttLoop _loop = new(TimeProvider.System);
    private readonly MqttSession _session;

    public Attacker(string host, int port, string caFile, Random random) => _session = new MqttSession(
        _loop,
        new MqttSettings
        {
            Host = host, Port = port, Tls = () => new MqttTls(caFile, null, null), Subscriptions = ["edge/#"],
        },
        random);

    public List<MqttMessage> Recorded { get; } = [];

    public async Task Connected()
    {
        while (await _session.Events.ReadAsync(LinkWorld.Limit) is not MqttEvent.Connected)
        {
        }
    }

    /// <summary>Reads on until a packet passes that no end sent: all before it is recorded then.</summary>
    public async Task Record()
    {
        var mark = Guid.NewGuid().ToByteArray();
        await Publish("edge/mark", mark);
        while (true)
        {
            if (await _session.Events.ReadAsync(LinkWorld.Limit) is MqttEvent.Received { Message: var message })
            {
                if (message.Payload.Span.SequenceEqual(mark))
                {
                    return;
                }

                Recorded.Add(message);
            }
        }
    }

    /// <summary>Waits for the outbox where it is full.</summary>
    public async Task Publish(string topic, ReadOnlyMemory<byte> payload, bool retain = false)
    {
        var limit = LinkWorld.Limit;
        while (!_session.TryPublish(topic, payload, retain))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, limit);
        }
    }

    public Task Say(string topic, Envelope envelope) => Publish(topic, Packet.Encode(envelope));

    public Task SayPresence(string node, ulong incarnation, bool online) => Publish(
        Topics.Presence(node), new Presence { Incarnation = incarnation, Online = online }.ToByteArray(), retain: true);

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _loop.Dispose();
    }
}
