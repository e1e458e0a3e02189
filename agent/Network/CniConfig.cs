using System.Text.Json;

namespace Edge.Agent.Network;

/// <summary>
/// The configuration that one plugin reads from its standard input. Masquerading stays off: the plugin needs iptables
/// for it, and the node's own table does it.
/// </summary>
internal sealed record CniConfig
{
    public const string NetworkName = "edge";

    public string CniVersion { get; init; } = "1.0.0";

    public string Name { get; init; } = NetworkName;

    public string Type { get; init; } = "ptp";

    public bool IpMasq { get; init; }

    public required CniIpam Ipam { get; init; }

    public CniRuntime? RuntimeConfig { get; init; }

    public JsonElement? PrevResult { get; init; }

    public static CniConfig For(string podCidr, string addressDir, string? ip, JsonElement? previous) => new()
    {
        Ipam = new CniIpam
        {
            DataDir = addressDir,
            Ranges = [[new CniRange { Subnet = podCidr }]],
        },
        RuntimeConfig = ip is null ? null : new CniRuntime { Ips = [ip] },
        PrevResult = previous,
    };
}

/// <summary>
/// Addresses come from host-local; its directory lies under the run directory, so a reboot frees what leaked.
/// </summary>
internal sealed record CniIpam
{
    public string Type { get; init; } = "host-local";

    public required string DataDir { get; init; }

    public required IReadOnlyList<IReadOnlyList<CniRange>> Ranges { get; init; }

    public IReadOnlyList<CniRoute> Routes { get; init; } = [new CniRoute { Dst = "0.0.0.0/0" }];
}

/// <summary>One range of addresses.</summary>
internal sealed record CniRange
{
    public required string Subnet { get; init; }
}

/// <summary>A route inside the pod.</summary>
internal sealed record CniRoute
{
    public required string Dst { get; init; }
}

/// <summary>What the capability <c>ips</c> hands to the plugin: the address that the pod had before.</summary>
internal sealed record CniRuntime
{
    public required IReadOnlyList<string> Ips { get; init; }
}
