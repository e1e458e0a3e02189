namespace Edge.Server.Settings;

/// <summary>
/// One setting: its key in the file, its flag, what it is for, and its default. <paramref name="Repeats"/> says that it
/// may have several values.
/// </summary>
internal sealed record SettingName(string Key, string Flag, string Help, bool Repeats, params string[] Default)
{
    public static readonly SettingName DataDir =
        new("dataDir", "--data-dir", "database, certificates, kubeconfig", false, "/var/lib/edge/server");

    public static readonly SettingName RunDir =
        new("runDir", "--run-dir", "sockets and pid files", false, "/run/edge/server");

    public static readonly SettingName Listen =
        new("listen", "--listen", "address and port of the API", true, "0.0.0.0:6443");

    public static readonly SettingName AdvertiseAddress =
        new("advertiseAddresses", "--advertise-address", "name or address under which nodes reach this server", true,
            "127.0.0.1");

    public static readonly SettingName BrokerPort =
        new("brokerPort", "--broker-port", "port at which nodes reach the broker", false, "8883");

    public static readonly SettingName Broker =
        new("broker", "--broker", "mqtts://host:port, or unix socket, of another broker; messages are sealed", false);

    public static readonly SettingName BrokerStart =
        new("brokerStart", "--broker-start",
            "self, or unit where something else starts the broker with the configuration that is written for it", false,
            "self");

    public static readonly SettingName BrokerCaFile =
        new("brokerCaFile", "--broker-ca-file", "PEM file with the CA of that broker; default the node CA", false);

    public static readonly SettingName BrokerUser =
        new("brokerUser", "--broker-user", "this server's user at that broker; default its certificate", false);

    public static readonly SettingName BrokerPasswordFile =
        new("brokerPasswordFile", "--broker-password-file", "file with that user's password", false);

    public static readonly SettingName VersionMinor =
        new("versionMinor", "--version-minor", "minor of Kubernetes that /version shows", false, "33");

    public static readonly SettingName NodeMonitorGracePeriod =
        new("nodeMonitorGracePeriod", "--node-monitor-grace-period",
            "seconds of silence before a node's status is Unknown", false, "40");

    public static readonly SettingName NotReadyToleration =
        new("defaultNotReadyTolerationSeconds", "--default-not-ready-toleration-seconds",
            "seconds that pods stay on a node that is not ready, if they do not say; unset: they stay", false);

    public static readonly SettingName UnreachableToleration =
        new("defaultUnreachableTolerationSeconds", "--default-unreachable-toleration-seconds",
            "seconds that pods stay on a node that cannot be reached, if they do not say; unset: they stay", false);

    public static readonly SettingName NodeKeyRotation =
        new("nodeKeyRotation", "--node-key-rotation",
            "seconds that a node's key serves before the node makes another while it is online; 0 for ever", false,
            "31536000");

    public static readonly SettingName TerminatedPodGcThreshold =
        new("terminatedPodGcThreshold", "--terminated-pod-gc-threshold",
            "ended pods that are kept before the oldest are deleted; 0 for all", false, "1000");

    public static readonly SettingName GpuNodeTaint =
        new("gpuNodeTaint", "--gpu-node-taint",
            "taint that nodes get once, when their GPUs are seen first; such as nvidia.com/gpu=present:NoSchedule, "
            + "which pods that ask for nvidia.com/gpu tolerate; unset: none", false);

    public static readonly SettingName SecretKeyFile =
        new("secretKeyFile", "--secret-key-file",
            "key that seals Secrets; default the credential edge-secrets-key, or <data-dir>/pki/secrets.key", false);

    public static readonly SettingName GpuSharingConfig =
        new("gpuSharingConfig", "--gpu-sharing-config",
            "NAMESPACE/NAME of the ConfigMap with documents of NVIDIA's device plugin; default: looked for where "
            + "NVIDIA's manuals have it made", false);

    /// <summary>The name that the unit gives the key under (LoadCredential, LoadCredentialEncrypted).</summary>
    public const string SecretKeyCredential = "edge-secrets-key";

    /// <summary>Everything that can be set, in the order it is shown.</summary>
    public static IReadOnlyList<SettingName> All { get; } =
    [
        DataDir, RunDir, Listen, AdvertiseAddress, BrokerPort, Broker, BrokerStart, BrokerCaFile, BrokerUser,
        BrokerPasswordFile, VersionMinor, NodeMonitorGracePeriod, NotReadyToleration, UnreachableToleration,
        NodeKeyRotation, TerminatedPodGcThreshold, GpuNodeTaint, SecretKeyFile, GpuSharingConfig,
    ];

    /// <summary>Their keys, and whether each may have several values.</summary>
    public static IReadOnlyDictionary<string, bool> Repeating { get; } =
        All.ToDictionary(setting => setting.Key, setting => setting.Repeats);
}
