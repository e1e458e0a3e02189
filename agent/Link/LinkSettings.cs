using Edge.Proto.Mqtt;

namespace Edge.Agent.Link;

/// <summary>Who this node is and where its server's broker is.</summary>
internal sealed record LinkSettings
{
    public required string NodeName { get; init; }

    /// <summary>The only cluster this agent obeys; learned at enrolment.</summary>
    public required string ClusterUid { get; init; }

    public required LinkBroker Broker { get; init; }

    /// <summary>
    /// Asked before every connection, since a node may know two; by default always <see cref="Broker"/>.
    /// </summary>
    public Func<LinkBroker> Brokers { get => field ?? (() => Broker); init; }

    /// <summary>PEM file with the node CA.</summary>
    public required string CaFile { get; init; }

    /// <summary>
    /// PEM files: the node CA, and this node's certificate and key. Asked before every connection, since a node changes
    /// its key while it runs.
    /// </summary>
    public required Func<MqttTls> Tls { get; init; }

    /// <summary>
    /// Time between two heartbeats of an idle link. 120 s costs a few MB a month; eco nodes use 600 s.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(120);

    public string AgentVersion { get; init; } = "";

    /// <summary>The kernel's boot id, so that the server can tell a reboot from a reconnect.</summary>
    public string BootId { get; init; } = "";
}

/// <summary>Where the server's broker is, and what it asks for.</summary>
/// <param name="Url"><c>mqtts://host:port</c>.</param>
/// <param name="IsSealed">
/// The cluster said that the broker is not its own: then nothing is believed that the server did not seal.
/// </param>
internal sealed record LinkBroker(Uri Url, bool IsSealed)
{
    /// <summary>As a welcome names it (BrokerPrint).</summary>
    public ulong Print { get; init; }

    /// <summary>PEM file with the CA of a broker that is not the cluster's own; null: the node CA.</summary>
    public string? CaFile { get; init; }

    /// <summary>At a broker that asks for one; null: this node's certificate.</summary>
    public string? User { get; init; }

    public string? PasswordFile { get; init; }

    public MqttLogin? Login => User is null ? null : new MqttLogin(User, PasswordFile ?? "");
}

/// <summary>What a connection was made with, and to which broker.</summary>
internal sealed record LinkTls : MqttTls
{
    public LinkTls(MqttTls pair, LinkBroker broker) : base(pair) => Broker = broker;

    public LinkBroker Broker { get; }
}
