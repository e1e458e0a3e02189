namespace Edge.Agent.Network;

/// <summary>What one pod needs of its sandbox; two requests for one uid describe the same sandbox.</summary>
internal sealed record SandboxRequest
{
    public required string Uid { get; init; }

    public required string Name { get; init; }

    public required string Namespace { get; init; }

    public required string Hostname { get; init; }

    /// <summary>The pod shares the node's network and host name; only ipc is its own then.</summary>
    public bool HostNetwork { get; init; }

    public bool HostIpc { get; init; }

    /// <summary>The node's part of the pod network; needed unless <see cref="HostNetwork"/>.</summary>
    public string? PodCidr { get; init; }

    /// <summary>The address the pod had before; it gets it again when nobody else has it.</summary>
    public string? PreferredIp { get; init; }

    public IReadOnlyList<HostPort> HostPorts { get; init; } = [];

    /// <summary>The pod's own sysctls, in the dotted form of the pod's security context.</summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();
}

/// <summary>
/// A port of the node that leads to a port of the pod. The protocol is <c>TCP</c>, <c>UDP</c> or <c>SCTP</c>; a host
/// address of null, empty or 0.0.0.0 means every address of the node.
/// </summary>
internal sealed record HostPort(string Protocol, int Port, int ContainerPort, string? HostIp = null);
