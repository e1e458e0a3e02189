namespace Edge.Agent.Runtime;

/// <summary>Where containerd is and what the runtime may use of the machine. Read once at start.</summary>
internal sealed record RuntimeSettings
{
    /// <summary>The agent's own namespace: containers of other clients of the same daemon are never seen.</summary>
    public const string ContainerdNamespace = "edge";

    public string ContainerdSocket { get; init; } = "/run/containerd/containerd.sock";

    public string DataDir { get; init; } = "/var/lib/edge/agent";

    public string RunDir { get; init; } = "/run/edge/agent";

    public string CgroupRoot { get; init; } = "/kubepods";

    public string Snapshotter { get; init; } = "overlayfs";

    /// <summary>Registry hosts (with port) that are asked over plain HTTP. Loopback hosts always are.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>Bytes a second for all pulls together; zero is no cap.</summary>
    public long PullBytesPerSecondMax { get; init; }

    /// <summary>Kubernetes' containerLogMaxSize.</summary>
    public long LogFileBytesMax { get; init; } = 10 * 1024 * 1024;

    /// <summary>Kubernetes' containerLogMaxFiles.</summary>
    public int LogFilesMax { get; init; } = 5;
}
