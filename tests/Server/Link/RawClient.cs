using System.Text;
using Edge.Proto.Mqtt;

namespace Edge.Tests.Server.Link;

/// <summary>An MQTT client whose messages are texts.</summary>
internal sealed class RawClient : IAsyncDisposable
{
    private readonly MqttLoop _loop = new(TimeProvider.System);
    private readonly MqttSession _session;

    public RawClient(string host, int port, MqttTls? tls, IReadOnlyList<string> subscriptions, Random random)
    {
        var settings = new MqttSettings
        {
            Host = host,
            Port = port,
            Tls = tls is null ? null : () => tls,
            Subscriptions = subscriptions,
        };
        _session = new MqttSession(_loop, settings, random);
    }

    /// <summary>The broker never ended the connection since.</summary>
    public bool IsUnbroken => !_session.Events.TryPeek(out var next) || next is not MqttEvent.Disconnected;

    public async Task Connected()
    {
        while (await _session.Events.ReadAsync(LinkWorld.Limit) is not MqttEvent.Connected)
        {
        }
    }

    /// <summary>Why the connection, or the attempt to make one, ended.</summary>
    public async Task<string> Refused()
    {
        while (true)
        {
            if (await _session.Events.ReadAsync(LinkWorld.Limit) is MqttEvent.Disconnected ended)
            {
                return ended.Reason;
            }
        }
    }

    public void Publish(string topic, string text, bool retain = false) =>
        Assert.True(_session.TryPublish(topic, Encoding.UTF8.GetBytes(text), retain));

    /// <summary>All that comes up to and with this message, as "topic text".</summary>
    public async Task<List<string>> Until(string topic, string text)
    {
        var seen = new List<string>();
        while (true)
        {
            var next = await _session.Events.ReadAsync(LinkWorld.Limit);
            var received = Assert.IsType<MqttEvent.Received>(next).Message;
            seen.Add($"{received.Topic} {Encoding.UTF8.GetString(received.Payload.Span)}");
            if (seen[^1] == $"{topic} {text}")
            {
                return seen;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _loop.Dispose();
    }
}
