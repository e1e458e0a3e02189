namespace Edge.Agent.Runtime.Spec;

/// <summary>The pod's pinned namespaces and files on the host; null where the pod shares the host's.</summary>
internal sealed record SandboxPaths
{
    /// <summary>Null with hostNetwork.</summary>
    public string? Net { get; init; }

    /// <summary>Null with hostIPC.</summary>
    public string? Ipc { get; init; }

    /// <summary>Null with hostNetwork, as in Kubernetes.</summary>
    public string? Uts { get; init; }

    /// <summary>The pod's tmpfs for /dev/shm; null with hostIPC.</summary>
    public string? Shm { get; init; }

    public string? EtcHosts { get; init; }

    public string? EtcHostname { get; init; }

    public string? ResolvConf { get; init; }
}

/// <summary>How a mount made later on one side shows on the other.</summary>
internal enum MountPropagation
{
    None,
    HostToContainer,

    /// <summary>Only for privileged containers.</summary>
    Bidirectional,
}

/// <summary>A directory or file of the host that the container sees.</summary>
internal sealed record ContainerMount(
    string HostPath,
    string ContainerPath,
    bool ReadOnly = false,
    MountPropagation Propagation = MountPropagation.None);

/// <summary>One variable; <paramref name="Expand"/> is true for a literal value, whose $(NAME) are replaced.</summary>
internal sealed record EnvEntry(string Name, string Value, bool Expand = true);

/// <summary>A device of the host; <paramref name="Access"/> is a subset of "rwm".</summary>
internal sealed record DeviceNode(string HostPath, string ContainerPath, string Access = "rwm");
