namespace Edge.Server.Link;

/// <summary>What the generated mosquitto configuration is made of.</summary>
internal sealed record BrokerSettings
{
    /// <summary>Configuration and ACL live here (<c>broker/</c> of the server's data directory).</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The unix socket, pid file and log live here; made with mode 0700.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The CA that signs agents; nothing else may connect.</summary>
    public required string NodeCaFile { get; init; }

    public required string CertFile { get; init; }

    public required string KeyFile { get; init; }

    /// <summary>
    /// Revocation list, written by the broker's keeper; null for none. Its dates must hold at all times: one that ends
    /// locks every node out.
    /// </summary>
    public string? CrlFile { get; init; }

    public string? BindAddress { get; init; }

    public int Port { get; init; } = 8883;

    /// <summary>A unit of its own starts it, and starts it again when it ends.</summary>
    public bool IsStartedElsewhere { get; init; }

    public string Executable { get; init; } = "mosquitto";

    public string ConfigFile => Path.Combine(DataDirectory, "mosquitto.conf");

    public string AclFile => Path.Combine(DataDirectory, "mosquitto.acl");

    public string PidFile => Path.Combine(RunDirectory, "broker.pid");

    public string LogFile => Path.Combine(RunDirectory, "broker.log");

    /// <summary>Where edge-server itself connects.</summary>
    public string SocketPath => Path.Combine(RunDirectory, "broker.sock");
}
