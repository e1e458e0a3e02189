using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>The node needs nobody, and reconnecting changes nothing that is right.</summary>
[Collection(FleetTests.Name)]
public sealed class RebootTests(Fleet fleet)
{
    private const int Pods = 4;

    [SkippableFact]
    public async Task A_node_that_reboots_while_cut_off_runs_all_its_pods_and_reconnecting_restarts_none()
    {
        Fleet.Require();
        var node = fleet.Nodes[1];
        var names = Enumerable.Range(1, Pods).Select(n => $"island-{n}").ToArray();
        foreach (var name in names)
        {
            await fleet.Kubectl.Apply(Manifests.Idle(name, node.Name));
        }

        foreach (var name in names)
        {
            await fleet.Kubectl.UntilPodReady(name);
        }

        var addresses = await Addresses();
        var before = (await node.Tasks()).Count;

        await node.Disconnect();
        await node.PowerCut();
        await node.PowerOn(connected: false);
        await Tool.Until(TimeSpan.FromSeconds(60), "all pods run again without a link", async () =>
            (await node.Tasks()).Count == before);
        var offline = await node.Tasks();

        var past = Sessions.Of(fleet, node).Count;
        await NewSession(node.Connect);
        // A pod that is new shows that the node has heard from its server again.
        await fleet.Kubectl.Apply(Manifests.Idle("mainland", node.Name));
        await fleet.Kubectl.UntilPodReady("mainland");
        foreach (var name in names)
        {
            await fleet.Kubectl.UntilPodReady(name);
        }

        // The first session found the desired map as it was; a later one finds both maps equal, and so sends nothing.
        Assert.Matches("desired agrees at [0-9a-f]{32}", Opened().First());
        await NewSession(() => Machine.Kill([fleet.BrokerPid()]));
        Assert.Matches("desired agrees at [0-9a-f]{32}, reported agrees at [0-9a-f]{32}", Opened().Last());

        var online = await node.Tasks();
        Assert.Equal(offline, online.Where(task => offline.ContainsKey(task.Key)).ToDictionary());
        Assert.Equal(addresses, await Addresses());
        await fleet.Kubectl.Delete(["pod", "mainland", .. names]);
        Assert.Equal(before - Pods, (await node.Tasks()).Count);

        IEnumerable<string> Opened() => Sessions.Of(fleet, node).Skip(past);

        Task NewSession(Func<Task> cause) => Sessions.UntilNew(fleet, [node], cause);

        Task<string> Addresses() => fleet.Kubectl.Do(
            ["get", "pod", .. names, "-o", "jsonpath={.items[*].status.podIP}"]);
    }
}
