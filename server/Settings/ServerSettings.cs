using System.Net;

namespace Edge.Server.Settings;

/// <summary>All that can be set of edge-server, checked. Made once, in the entry point.</summary>
internal sealed record ServerSettings
{
    /// <summary>Database, certificates, kubeconfig and the broker's configuration.</summary>
    public required string DataDir { get; init; }

    /// <summary>Sockets and pid files; gone after a boot.</summary>
    public required string RunDir { get; init; }

    /// <summary>Where the API listens.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>
    /// Names and addresses under which clients and nodes reach this server; the first is told to nodes.
    /// </summary>
    public required IReadOnlyList<string> AdvertiseAddresses { get; init; }

    /// <summary>The port at which nodes reach the broker; the one that this server runs listens on it.</summary>
    public required int BrokerPort { get; init; }

    /// <summary>
    /// Another broker: the path of its unix socket, or <c>mqtts://host:port</c>. Null to run mosquitto. Messages are
    /// sealed end to end with any but that one.
    /// </summary>
    public string? Broker { get; init; }

    /// <summary>False where our broker is a unit of its own: edge-server writes its files and signals it.</summary>
    public bool StartsBroker { get; init; } = true;

    /// <summary>PEM file with the CA of that broker; null where its certificate is of the node CA.</summary>
    public string? BrokerCaFile { get; init; }

    /// <summary>At that broker; null to show the server's certificate.</summary>
    public string? BrokerUser { get; init; }

    public string? BrokerPasswordFile { get; init; }

    /// <summary>The minor of Kubernetes that /version shows.</summary>
    public required int VersionMinor { get; init; }

    /// <summary>How long a node may be silent before its status is Unknown.</summary>
    public required TimeSpan NodeMonitorGracePeriod { get; init; }

    /// <summary>Seconds that pods which do not say stay on a node that is not ready; null for ever.</summary>
    public int? DefaultNotReadyTolerationSeconds { get; init; }

    /// <summary>Seconds that pods which do not say stay on a node that cannot be reached; null for ever.</summary>
    public int? DefaultUnreachableTolerationSeconds { get; init; }

    /// <summary>
    /// How long a node's key serves; zero for ever. By this server's clock, and a node is asked after 70 to 90 % of it.
    /// </summary>
    public required TimeSpan NodeKeyRotation { get; init; }

    /// <summary>
    /// How many ended pods are kept before the oldest are deleted; 0 keeps all. Kubernetes' 12,500 would be more than
    /// all pods that this server is made for, and at some 5 KB each more than half of its memory.
    /// </summary>
    public required int TerminatedPodGcThreshold { get; init; }

    /// <summary>What nodes with GPUs are given once: key, value and effect; null for nothing.</summary>
    public (string Key, string Value, string Effect)? GpuNodeTaint { get; init; }

    /// <summary>The file with the key that seals Secrets; not beside the database.</summary>
    public required string SecretKeyFile { get; init; }

    /// <summary>
    /// <c>NAMESPACE/NAME</c> of the ConfigMap that says how nodes share GPUs; null to look where NVIDIA's manuals have
    /// it made.
    /// </summary>
    public string? GpuMap { get; init; }

    /// <summary>Of the database, in the data directory.</summary>
    public const string DatabaseName = "edge.db";

    public string PkiDir => Path.Combine(DataDir, "pki");

    public string DatabaseFile => Path.Combine(DataDir, DatabaseName);

    public string AdminKubeconfig => Path.Combine(DataDir, "admin.kubeconfig");

    /// <summary>What nodes dial: a broker on this machine by this machine's name.</summary>
    public string BrokerUrl => Broker is { } broker && IsElsewhere(broker)
        ? broker
        : $"mqtts://{Bracket(AdvertiseAddresses[0])}:{BrokerPort}";

    public string ApiUrl => $"https://{Bracket(AdvertiseAddresses[0])}:{Listen[0].Port}";

    /// <summary>The names in the serving certificates.</summary>
    public IReadOnlyList<string> CertificateNames =>
    [
        .. AdvertiseAddresses.Concat(["localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default",
            "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]).Distinct(),
    ];

    private static bool IsElsewhere(string broker) =>
        !broker.StartsWith('/') && new Uri(broker).DnsSafeHost is var host && host != "localhost"
        && !(IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static string Bracket(string host) => host.Contains(':') ? $"[{host}]" : host;
}
