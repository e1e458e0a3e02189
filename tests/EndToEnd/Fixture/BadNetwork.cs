namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// What far-away networks do to the cable of a machine: packets get lost, trickle, or go one way only. The machine's
/// own link stays up, so that neither end is told.
/// </summary>
public static class BadNetwork
{
    /// <summary>
    /// Of what comes and of what goes; a port of its own, because images come over the same cable and are none of it.
    /// </summary>
    private const string Link = "tcp sport 8883";

    /// <summary>Half of all packets of the link that come from the server are lost.</summary>
    public static Task LoseHalf(this FleetNode node) => Drop(node, $"{Link} numgen random mod 100 < 50");

    /// <summary>
    /// The link is half open: what the machine sends arrives, and nothing comes back, no answer and no end.
    /// </summary>
    public static Task Deafen(this FleetNode node) => Drop(node, Link);

    /// <summary>256 kbit/s each way, with a queue as modems have it; the registry is as slow.</summary>
    public static async Task Throttle(this FleetNode node, Fleet fleet)
    {
        const string Slow = "root tbf rate 256kbit burst 4k latency 400ms";
        await Tool.Shell($"tc -n {node.Netns} qdisc add dev eth0 {Slow}");
        await Tool.Shell($"tc -n {fleet.Hub} qdisc add dev {node.HubEnd} {Slow}");
    }

    /// <summary>The network is as it was.</summary>
    public static async Task Heal(this FleetNode node, Fleet fleet)
    {
        await node.Inside("nft", "delete table ip weather");
        await Tool.Run("tc", "-n", node.Netns, "qdisc", "del", "dev", "eth0", "root");
        await Tool.Run("tc", "-n", fleet.Hub, "qdisc", "del", "dev", node.HubEnd, "root");
        await node.Connect();
    }

    private static async Task Drop(FleetNode node, string what) => (await node.Inside("nft", $$"""
        table ip weather {
          chain came {
            type filter hook input priority -10
            {{what}} drop
          }
        }
        """)).Ok();
}
