using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Google.Protobuf;

namespace Edge.Agent.Link;

/// <summary>How the node comes to the broker, and what the broker says of it when it is gone.</summary>
/// <param name="settings">Who this node is and where the broker is.</param>
/// <param name="gate">Held while the random numbers are drawn.</param>
/// <param name="random">Draws the number of each connection.</param>
/// <param name="notify">Called when there is something to read; returns at once.</param>
internal sealed class LinkDial(LinkSettings settings, Lock gate, Random random, Action notify)
{
    private ulong _incarnation;

    /// <summary>The one that was dialled last.</summary>
    public LinkBroker Broker { get; private set; } = settings.Broker;

    public MqttSettings Mqtt => new()
    {
        Address = Dial,
        Tls = Tls,
        Login = settings.Broker.Login,
        // Heartbeats come first, so that libmosquitto never adds packets of its own to an idle link.
        KeepAlive = settings.KeepAlive + TimeSpan.FromSeconds(10),
        FrequentTopic = Topics.Up(settings.NodeName),
        Subscriptions = [Topics.Down(settings.NodeName), Topics.StreamsDown(settings.NodeName)],
        Will = Will,
        Notify = notify,
    };

    /// <summary>Retained by the broker; of the present connection.</summary>
    public void Publish(IMqttSession? mqtt, bool online)
    {
        var presence = Presence(online);
        mqtt?.TryPublish(presence.Topic, presence.Payload, retain: true);
    }

    private MqttMessage Presence(bool online) => new(
        Topics.Presence(settings.NodeName),
        new Presence { Incarnation = _incarnation, Online = online }.ToByteArray());

    /// <summary>Said before all else of a connection.</summary>
    private (string, int) Dial()
    {
        Broker = settings.Brokers();
        return (Broker.Url.Host, Broker.Url.Port);
    }

    private LinkTls Tls() => new(settings.Tls(), Broker)
    {
        CaFile = Broker.CaFile ?? settings.CaFile,
        ShowsCertificate = Broker.Login is null,
    };

    /// <summary>With a new number, so that a late will of an older connection means nothing.</summary>
    private MqttMessage Will()
    {
        lock (gate)
        {
            _incarnation = SessionId.Next(random);
            return Presence(online: false);
        }
    }
}
