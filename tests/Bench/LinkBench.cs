using System.Diagnostics;
using System.Globalization;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.Bench;

/// <summary>
/// What the link costs a node: bytes on the wire and bytes to its disk, and how fast it runs its pods again after a
/// reboot that nobody helps with.
/// </summary>
internal static class LinkBench
{
    private const int Pods = 10;
    private const double Megabyte = 1e6;

    /// <summary>The shortest that an agent can be set to, so that a short while holds many heartbeats.</summary>
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(10);

    /// <summary>Eighteen heartbeats: every one of them that asks for an answer, and those that do not.</summary>
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(180);

    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_month = TimeSpan.FromDays(30);

    /// <summary>On a fleet of one node, which has no pods before and none after.</summary>
    public static async Task<IReadOnlyList<Figure>> Run(Fleet fleet, HubClient api)
    {
        var node = fleet.Nodes[0];
        await PodBench.Fill(api, Pods);
        List<Figure> figures = [.. await Changes(fleet, node), .. await Heartbeats(fleet, node), await Reboot(node)];
        await node.PowerCut();
        await node.PowerOn(connected: true);
        await fleet.Kubectl.Delete("pods", "--all", "--grace-period=1");
        return figures;
    }

    /// <summary>Only what one changed pod costs; on a fleet as above.</summary>
    public static async Task<IReadOnlyList<Figure>> RunChange(Fleet fleet, HubClient api)
    {
        await PodBench.Fill(api, Pods);
        return await Changes(fleet, fleet.Nodes[0]);
    }

    /// <summary>
    /// All bytes of a node with ten pods and nothing to do, by the heartbeats of the time: all that it sends then is
    /// sent by heartbeats, so that a month at another keep-alive has as many of them.
    /// </summary>
    private static async Task<IReadOnlyList<Figure>> Heartbeats(Fleet fleet, FleetNode node)
    {
        node.Agent.Flags.Add($"--keep-alive-seconds={s_keepAlive.TotalSeconds}");
        await node.RestartAgent();
        await fleet.Kubectl.UntilNodeReady(node.Name);
        var counter = await IpCounter.On(node);
        await Task.Delay(s_settle);
        var before = await counter.Read();
        await Task.Delay(s_window);
        var after = await counter.Read();
        node.Agent.Flags.Clear();
        var beats = s_window / s_keepAlive;
        var bytes = (after.Bytes - before.Bytes) / beats;
        Console.Error.WriteLine(
            $"{(after.Packets - before.Packets) / beats:f2} packets of {bytes:f1} bytes together a heartbeat");
        return
        [
            new Figure("link-idle-ip-bytes-a-month-at-120-s",
                bytes * (s_month / TimeSpan.FromSeconds(120)) / Megabyte, "MB", Bound.Max, 5),
            new Figure("link-idle-ip-bytes-a-month-at-600-s",
                bytes * (s_month / TimeSpan.FromSeconds(600)) / Megabyte, "MB", Bound.Max, 1),
        ];
    }

    /// <summary>
    /// One pod of ten gets another image: from the change until it runs again and the server knows it.
    /// </summary>
    private static async Task<IReadOnlyList<Figure>> Changes(Fleet fleet, FleetNode node)
    {
        var kubectl = fleet.Kubectl;
        // Once unmeasured: the image is fetched.
        await Change("idle-1", TestImages.Web2);
        await Task.Delay(s_settle);
        var spent = await Spent(fleet, node);
        var counter = await IpCounter.On(node);
        var (wire, disk) = (await counter.Read(), ProcessFigures.BytesToDisk(node.Agent.Pid));
        await Change("idle-0", TestImages.Web2);
        await Task.Delay(s_settle);
        var after = await counter.Read();
        var written = ProcessFigures.BytesToDisk(node.Agent.Pid) - disk;
        (await node.Inside("nft", "delete table ip traffic")).Ok();
        Console.Error.WriteLine($"{after.Packets - wire.Packets} packets");
        foreach (var (what, bytes) in await Spent(fleet, node))
        {
            Console.Error.WriteLine($"{bytes - spent.GetValueOrDefault(what)} {what}");
        }

        return
        [
            new Figure("changed-pod-ip-bytes", after.Bytes - wire.Bytes, "bytes", Bound.Max, 4 * 1024),
            new Figure("changed-pod-bytes-to-disk", written, "bytes", Bound.Max, 64 * 1024),
        ];

        async Task Change(string pod, TestImage image)
        {
            await kubectl.Do("set", "image", $"pod/{pod}", $"main={TestImages.Reference(image)}");
            await kubectl.Until(
                $"pod/{pod}", ".status.containerStatuses[0].restartCount", "1", TimeSpan.FromSeconds(60));
        }
    }

    /// <summary>By way and feature, as the node counts it. The asking is counted too.</summary>
    private static async Task<Dictionary<string, long>> Spent(Fleet fleet, FleetNode node)
    {
        var page = await fleet.Kubectl.Do("get", "--raw", $"/api/v1/nodes/{node.Name}/proxy/metrics");
        return page.Split('\n').Where(line => line.StartsWith("edge_node_bytes_total{", StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>From containerd's first answer until ten tasks run, cut off; seconds.</summary>
    private static async Task<Figure> Reboot(FleetNode node)
    {
        await node.PowerCut();
        await node.PowerOn(connected: false);
        await BenchServer.Until("containerd answers", async () => (await Tool.Run(
            "ctr", "--address", node.Socket, "version")).ExitCode == 0);
        var since = Stopwatch.StartNew();
        await BenchServer.Until("all pods run", async () => (await node.Tasks()).Count == Pods);
        return new Figure("offline-reboot-to-10-pods", since.Elapsed.TotalSeconds, "s", Bound.Max, 5);
    }
}
