namespace Edge.Agent.Settings;

/// <summary>
/// One setting: its key in the file, its flag, what it is for, and its default. <paramref name="Repeats"/> says that it
/// may have several values.
/// </summary>
internal sealed record SettingName(string Key, string Flag, string Help, bool Repeats, params string[] Default)
{
    public static readonly SettingName DataDir =
        new("dataDir", "--data-dir", "ledger, keys, volumes and logs", false, "/var/lib/edge/agent");

    public static readonly SettingName RunDir =
        new("runDir", "--run-dir", "sandboxes and secrets; on tmpfs", false, "/run/edge/agent");

    public static readonly SettingName NodeName =
        new("nodeName", "--node-name", "this node's name; default the host's name", false);

    public static readonly SettingName NodeIp =
        new("nodeIp", "--node-ip", "this node's address; default that of the default route", false);

    public static readonly SettingName Server =
        new("server", "--server", "https://host:port of edge-server, for enrolment", false);

    public static readonly SettingName Token =
        new("token", "--token", "bootstrap token, for enrolment", false);

    public static readonly SettingName TokenFile =
        new("tokenFile", "--token-file", "file with the bootstrap token", false);

    public static readonly SettingName CaCertHash =
        new("caCertHash", "--ca-cert-hash", "sha256:<hex> of the public key of the server's CA", false);

    public static readonly SettingName CaFile =
        new("caFile", "--ca-file", "PEM file with the server's CA", false);

    public static readonly SettingName ContainerdSocket =
        new("containerdSocket", "--containerd-socket", "containerd's socket", false,
            "/run/containerd/containerd.sock");

    public static readonly SettingName CniBinDir =
        new("cniBinDirs", "--cni-bin-dir", "directory of CNI plugins", true, "/usr/lib/cni", "/opt/cni/bin");

    public static readonly SettingName CgroupRoot =
        new("cgroupRoot", "--cgroup-root", "parent of the pods' control groups", false, "/kubepods");

    public static readonly SettingName Snapshotter =
        new("snapshotter", "--snapshotter", "containerd's snapshotter", false, "overlayfs");

    public static readonly SettingName InsecureRegistry =
        new("insecureRegistries", "--insecure-registry", "registry asked over plain HTTP", true);

    public static readonly SettingName Profile =
        new("profile", "--profile", "standard, or eco where every byte is paid for", false, "standard");

    public static readonly SettingName KeepAliveSeconds =
        new("keepAliveSeconds", "--keep-alive-seconds",
            "seconds between heartbeats of an idle link; with eco 600", false, "120");

    public static readonly SettingName BrokerUser =
        new("brokerUser", "--broker-user", "user at a broker that asks for one; default the certificate", false);

    public static readonly SettingName BrokerPasswordFile =
        new("brokerPasswordFile", "--broker-password-file", "file with that user's password", false);

    public static readonly SettingName StaticPodPath =
        new("staticPodPath", "--static-pod-dir", "directory of pod manifests that run without a server", false);

    public static readonly SettingName PodCidr =
        new("podCIDR", "--pod-cidr", "pod network until a server gives this node its own", false, "10.63.0.0/24");

    public static readonly SettingName NvidiaDriverRoot =
        new("nvidiaDriverRoot", "--nvidia-driver-root", "where the NVIDIA driver is installed", false, "/");

    public static readonly SettingName SystemRoot =
        new("systemRoot", "--system-root", "where /proc, /sys and /etc tell of devices", false, "/");

    public static readonly SettingName GpuRestartXid =
        new("gpuRestartXids", "--gpu-restart-xid", "XID after which a GPU's containers begin again", true);

    public static readonly SettingName GpuSharingFile =
        new("gpuSharingFile", "--gpu-sharing-file", "how GPUs are shared: a document of NVIDIA's device plugin", false);

    /// <summary>Everything that can be set, in the order it is shown.</summary>
    public static IReadOnlyList<SettingName> All { get; } =
    [
        DataDir, RunDir, NodeName, NodeIp, Server, Token, TokenFile, CaCertHash, CaFile, ContainerdSocket, CniBinDir,
        CgroupRoot, Snapshotter, InsecureRegistry, Profile, KeepAliveSeconds, BrokerUser, BrokerPasswordFile,
        StaticPodPath, PodCidr, NvidiaDriverRoot, SystemRoot, GpuRestartXid, GpuSharingFile,
    ];

    /// <summary>Their keys, and whether each may have several values.</summary>
    public static IReadOnlyDictionary<string, bool> Repeating { get; } =
        All.ToDictionary(setting => setting.Key, setting => setting.Repeats);
}
