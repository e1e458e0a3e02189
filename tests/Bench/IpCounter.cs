using System.Globalization;
using System.Text.RegularExpressions;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>
/// Counts what a node sends and receives over its cable: bytes of IPv4 packets with their headers, as a mobile network
/// counts them. Acknowledgements of TCP count, Ethernet's frames and ARP do not.
/// </summary>
internal sealed partial class IpCounter
{
    private const string Table = """
        table ip traffic {
          counter cable { }
          chain came { type filter hook prerouting priority raw; iifname eth0 counter name cable; }
          chain went { type filter hook postrouting priority raw; oifname eth0 counter name cable; }
        }
        """;

    private readonly FleetNode _node;

    private IpCounter(FleetNode node) => _node = node;

    /// <summary>Lasts until the node's power is cut.</summary>
    public static async Task<IpCounter> On(FleetNode node)
    {
        (await node.Inside("nft", Table)).Ok();
        return new IpCounter(node);
    }

    public async Task<(long Packets, long Bytes)> Read()
    {
        var counter = Counter().Match((await _node.Inside("nft", "list counter ip traffic cable")).Ok());
        return (Number(counter.Groups[1]), Number(counter.Groups[2]));
    }

    private static long Number(Group digits) => long.Parse(digits.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"packets (\d+) bytes (\d+)")]
    private static partial Regex Counter();
}
