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
        await fleet.Kubectl.Until($"node/{node.Name}", ".status.conditions[?(@.type=='Ready')].status", "Unknown",
            TimeSpan.FromSeconds(90));

        await node.Connect();
        await fleet.Kubectl.UntilNodeReady(node.Name);
        foreach (var name in names)
        {
            await fleet.Kubectl.UntilPodReady(name);
        }

        Assert.Equal(offline, await node.Tasks());
        Assert.Equal(addresses, await Addresses());
        await fleet.Kubectl.Delete(["pod", .. names]);
        Assert.Equal(before - Pods, (await node.Tasks()).Count);

        Task<string> Addresses() => fleet.Kubectl.Do(
            "get", "pods", "-o", "jsonpath={range .items[*]}{.metadata.name} {.status.podIP}\n{end}");
    }
}
