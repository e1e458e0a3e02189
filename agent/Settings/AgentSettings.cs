using System.Net;

namespace Edge.Agent.Settings;

/// <summary>All that can be set of edge-agent, checked. Made once, in the entry point.</summary>
internal sealed record AgentSettings
{
    public required string DataDir { get; init; }

    public required string RunDir { get; init; }

    /// <summary>At most 52 characters: it is part of names that must stay below 64.</summary>
    public required string NodeName { get; init; }

    /// <summary>Null to use the address of the default route.</summary>
    public IPAddress? NodeIp { get; init; }

    /// <summary>Null where the node is enrolled already.</summary>
    public Uri? Server { get; init; }

    public string? Token { get; init; }

    public string? TokenFile { get; init; }

    /// <summary>SHA-256 of the public key of the server's CA, lower-case hex; null when a file is given.</summary>
    public string? CaCertHash { get; init; }

    public string? CaFile { get; init; }

    public required string ContainerdSocket { get; init; }

    public required IReadOnlyList<string> CniBinDirs { get; init; }

    public required string CgroupRoot { get; init; }

    public required string Snapshotter { get; init; }

    public required IReadOnlyList<string> InsecureRegistries { get; init; }

    /// <summary>Every byte of the link and of the flash counts more than being told soon.</summary>
    public bool IsEco { get; init; }

    public required TimeSpan KeepAlive { get; init; }

    /// <summary>For a broker that asks for it; null to show the node's certificate.</summary>
    public string? BrokerUser { get; init; }

    public string? BrokerPasswordFile { get; init; }

    /// <summary>Below it are the NVIDIA driver's libraries; / for where the loader finds them.</summary>
    public string NvidiaDriverRoot { get; init; } = SettingName.NvidiaDriverRoot.Default[0];

    /// <summary>Below it are the /proc, /sys, /dev and /etc that tell of devices.</summary>
    public string SystemRoot { get; init; } = SettingName.SystemRoot.Default[0];

    /// <summary>XIDs after which containers begin again instead of the GPU being taken out.</summary>
    public IReadOnlyList<string> GpuRestartXids { get; init; } = [];

    /// <summary>The machine's own configuration document of NVIDIA's device plugin; null for none.</summary>
    public string? GpuSharingFile { get; init; }

    /// <summary>The kubelet's <c>staticPodPath</c>; null for none.</summary>
    public string? StaticPodDir { get; init; }

    /// <summary>An IPv4 network outside of those that servers give.</summary>
    public string PodCidr { get; init; } = SettingName.PodCidr.Default[0];

    /// <summary>Nothing says where a server would be, and there are pods to run without one.</summary>
    public bool IsAlone => StaticPodDir is not null && MissingOfServer().Count == MissingMax;

    public string PkiDir => Path.Combine(DataDir, "pki");

    /// <summary>What enrolment lacks; empty when it can be tried.</summary>
    public IReadOnlyList<string> MissingForEnrolment() => IsAlone ? [] : MissingOfServer();

    private const int MissingMax = 3;

    private List<string> MissingOfServer()
    {
        var missing = new List<string>();
        if (Server is null)
        {
            missing.Add("server (--server): needed to enrol, such as https://edge.example:6443");
        }

        if (Token is null && TokenFile is null)
        {
            missing.Add("token (--token) or tokenFile (--token-file): needed to enrol");
        }

        if (CaCertHash is null && CaFile is null)
        {
            missing.Add("caCertHash (--ca-cert-hash) or caFile (--ca-file): needed to trust the server");
        }

        return missing;
    }
}
