using System.Diagnostics;
using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// A device that is enrolled is never locked out: not by a Node that somebody deleted, by a store that is older than
/// its enrolment, nor by a broker that is elsewhere.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class NodeReturnTests(Fleet fleet) : IAsyncLifetime
{
    private const string Ready = ".status.conditions[?(@.type=='Ready')].status";

    private static readonly TimeSpan s_back = TimeSpan.FromSeconds(60);

    /// <summary>"Within seconds" on a machine that runs the whole fleet beside.</summary>
    private static readonly TimeSpan s_seconds = TimeSpan.FromSeconds(10);

    /// <summary>Two to three minutes until a device asks, or five when its first question finds no server.</summary>
    private static readonly TimeSpan s_asked = TimeSpan.FromMinutes(8);

    private readonly Kubectl _kubectl = fleet.Kubectl;
    private FleetNode? _node;

    private FleetNode Node => _node!;

    public async Task InitializeAsync()
    {
        if (Parts.Missing() is null)
        {
            _node = await fleet.AddNode(9, new NodeExtras([], ["--keep-alive-seconds", "10"]));
        }
    }

    public async Task DisposeAsync()
    {
        if (_node is not null)
        {
            await fleet.RemoveNode(Node);
        }
    }

    [SkippableFact]
    public async Task A_node_that_is_deleted_is_back_within_seconds_without_its_pods_and_runs_new_ones()
    {
        Fleet.Require();
        await Join();
        await _kubectl.Apply(Manifests.Idle("former", Node.Name));
        await _kubectl.UntilPodReady("former");
        var uid = await Uid();
        var key = await Key();

        await _kubectl.Do("delete", "node", Node.Name, "--wait=false");
        var since = Stopwatch.StartNew();
        await UntilAnother(uid);
        Console.WriteLine($"the node was ready again after {since.Elapsed.TotalSeconds:f1} s");
        Assert.InRange(since.Elapsed, TimeSpan.Zero, s_seconds);
        Assert.Equal(key, await Key());

        await Tool.Until(s_back, "what ran there is gone", async () =>
            (await Node.Tasks()).Count == 0 && (await _kubectl.Try("get", "pod", "former")).All.Contains("NotFound"));
        await _kubectl.Apply(Manifests.Idle("later", Node.Name));
        await _kubectl.UntilPodReady("later");
        Console.WriteLine($"a new pod ran there {since.Elapsed.TotalSeconds:f1} s after the deletion");
        await _kubectl.Delete("pod", "later");
    }

    [SkippableFact]
    public async Task A_device_that_enrolled_after_the_backup_is_served_by_the_restored_server()
    {
        Fleet.Require();
        var backup = Path.Combine(fleet.Home, "before-the-node.db");
        (await fleet.InHub(
            [Fleet.ServerBinary, "backup", "--to", backup, "--kubeconfig", fleet.Kubeconfig])).Ok();
        await Join();
        var (uid, key) = (await Uid(), await Key());

        await fleet.Server.Kill();
        (await fleet.InHub(
            [Fleet.ServerBinary, "restore", "--from", backup, "--data-dir", Path.Combine(fleet.Home, "server")])).Ok();
        await fleet.StartServer();
        var since = Stopwatch.StartNew();
        await UntilAnother(uid);
        Console.WriteLine($"the node was ready {since.Elapsed.TotalSeconds:f1} s after the server was");
        Assert.Equal(key, await Key());
        await _kubectl.Apply(Manifests.Idle("restored-node", Node.Name));
        await _kubectl.UntilPodReady("restored-node");
        await _kubectl.Delete("pod", "restored-node");
    }

    /// <summary>
    /// Most nodes are there when the broker moves, another one is away and comes back when nothing is left there.
    /// </summary>
    [SkippableFact]
    public async Task Nodes_follow_the_broker_to_another_port_also_those_that_were_away_meanwhile()
    {
        Fleet.RequireTime();
        await Join();
        await Node.Disconnect();
        await fleet.Server.Kill();
        await Machine.Kill([fleet.BrokerPid()]);
        fleet.Server.Flags.Add("--broker-port=8884");
        try
        {
            await fleet.StartServer();
            await Node.Connect();
            var since = Stopwatch.StartNew();
            foreach (var node in fleet.Nodes)
            {
                await Tool.Until(s_asked, $"{node.Name} knows the new broker", async () =>
                    (await File.ReadAllTextAsync(Path.Combine(node.Pki, "broker"))).Contains(":8884"));
                await _kubectl.UntilNodeReady(node.Name);
            }

            Console.WriteLine($"all nodes were back {since.Elapsed.TotalMinutes:f1} min after the broker had moved");
        }
        finally
        {
            fleet.Server.Flags.Clear();
            await fleet.Server.Kill();
            await Machine.Kill([fleet.BrokerPid()]);
            await fleet.StartServer();
            foreach (var node in fleet.Nodes)
            {
                await Tool.Until(s_asked, $"{node.Name} knows the old broker again", async () =>
                    (await File.ReadAllTextAsync(Path.Combine(node.Pki, "broker"))).Contains(":8883"));
                await _kubectl.UntilNodeReady(node.Name);
            }
        }
    }

    private async Task Join()
    {
        await Node.PowerOn(connected: true);
        await _kubectl.UntilNodeReady(Node.Name);
    }

    private Task<string> Uid() => _kubectl.Field($"node/{Node.Name}", ".metadata.uid");

    private Task<string> Key() =>
        _kubectl.Field($"node/{Node.Name}", ".metadata.annotations.edge/public-key-sha256");

    private Task UntilAnother(string uid) => Tool.Until(s_back, $"{Node.Name} is there as another Node", async () =>
        (await _kubectl.Try("get", "node", Node.Name, "-o", $"jsonpath={{.metadata.uid}} {{{Ready}}}")).Output
            is var found && found.EndsWith(" True", StringComparison.Ordinal)
            && !found.StartsWith(uid, StringComparison.Ordinal));
}
