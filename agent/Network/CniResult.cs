using System.Net;

namespace Edge.Agent.Network;

/// <summary>A plugin's answer to ADD, version 1.0.0, as far as it is read here.</summary>
internal sealed record CniResult
{
    public IReadOnlyList<CniInterface> Interfaces { get; init; } = [];

    public IReadOnlyList<CniAddress> Ips { get; init; } = [];

    /// <summary>The pod's IPv4 address without its prefix length.</summary>
    public string? PodIp => Ips
        .Select(ip => ip.Address.Split('/')[0])
        .FirstOrDefault(ip => IPAddress.TryParse(ip, out var parsed) && parsed.GetAddressBytes().Length == 4);

    /// <summary>The end that stays on the node is the one that is in no sandbox.</summary>
    public string? HostInterface => Interfaces.FirstOrDefault(end => string.IsNullOrEmpty(end.Sandbox))?.Name;
}

/// <summary>One end of the cable.</summary>
internal sealed record CniInterface
{
    public string Name { get; init; } = "";

    public string? Sandbox { get; init; }
}

/// <summary>One address, with its prefix length.</summary>
internal sealed record CniAddress
{
    public string Address { get; init; } = "";
}

/// <summary>A plugin's refusal; it comes on standard output.</summary>
internal sealed record CniError
{
    public int Code { get; init; }

    public string Msg { get; init; } = "";

    public string? Details { get; init; }
}
