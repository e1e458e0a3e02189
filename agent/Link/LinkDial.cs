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

    public MqttSettings Mqtt => new()
    {
        Host = settings.Broker.Url.Host,
        Port = settings.Broker.Url.Port,
        Tls = Tls,
        Login = settings.Broker.Login,
        // Heartbeats come first, so that libmosquitto never adds packets of its own to an idle link.
        KeepAlive = settings.KeepAlive + TimeSpan.FromSeconds(10),
        FrequentTopic = Topics.Up(settings.NodeName),
        Subscriptions = [Topics.Down(settings.NodeName), Topics.StreamsDown(settings.NodeName)],
        Will = Will,
        Notify = notify,
    };

    /// <summary>To be retained by the broker; of the present connection.</summary>
    public MqttMessage Presence(bool online) => new(
        Topics.Presence(settings.NodeName),
        new Presence { Incarnation = _incarnation, Online = online }.ToByteArray());

    private MqttTls Tls() => settings.Tls() with
    {
        CaFile = settings.Broker.CaFile ?? settings.CaFile,
        ShowsCertificate = settings.Broker.Login is null,
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
