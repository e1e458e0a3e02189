using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;

namespace Edge.Server.Link;

/// <summary>Where the broker is and whom the link speaks for.</summary>
internal sealed record LinkServerSettings
{
    public required string ClusterUid { get; init; }

    /// <summary>Path of the broker's unix socket, or <c>mqtts://host:port</c> of one that is not ours.</summary>
    public required string Broker { get; init; }

    /// <summary>Names what nodes are told of where the broker is (BrokerPrint); 0 says nothing.</summary>
    public ulong Print { get; init; }

    /// <summary>Who this server is to nodes; null with our own broker, where messages are not sealed.</summary>
    public SealIdentity? Sealing { get; init; }

    /// <summary>For a broker that asks for it; null: the certificate.</summary>
    public MqttLogin? Login { get; init; }

    /// <summary>PEM files of a broker reached by mqtts; unused with the unix socket.</summary>
    public string? CaFile { get; init; }

    public string? CertFile { get; init; }

    public string? KeyFile { get; init; }

    public string ServerVersion { get; init; } = "";

    /// <summary>The broker is near and all nodes wait for this one session: it is tried often.</summary>
    internal MqttSettings ToMqtt(Action notify)
    {
        var url = Broker.Contains("://", StringComparison.Ordinal) ? new Uri(Broker) : null;
        return new MqttSettings
        {
            Host = url?.Host ?? Broker,
            Port = url?.Port ?? 0,
            Tls = url?.Scheme != "mqtts"
                ? null
                : () => new MqttTls(CaFile!, CertFile, KeyFile) { ShowsCertificate = Login is null },
            Login = Login,
            Subscriptions = [Topics.AllUp, Topics.AllStreamsUp, Topics.AllPresence],
            Notify = notify,
            RetryMost = TimeSpan.FromSeconds(5),
        };
    }
}
