using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// What a server's machine can lose, and time itself: a broker with all its files, an hour of the store, a month
/// without a link. It heals by itself, and what runs and is right goes on.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class LostPartsTests(Fleet fleet)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    private readonly Kubectl _kubectl = fleet.Kubectl;

    [SkippableFact]
    public async Task A_broker_that_is_wiped_heals_by_the_nodes_hellos_alone()
    {
        Fleet.RequireTime();
        var witnesses = new Witnesses(fleet, "wiped");
        await witnesses.Start();
        var before = await witnesses.Containers();

        await Sessions.UntilNew(fleet, fleet.Nodes, async () =>
        {
            // Its files go first: the server would find a dead broker at once.
            Directory.Delete(Path.Combine(fleet.Home, "server", "broker"), recursive: true);
            var broker = fleet.BrokerPid();
            Directory.Delete(Path.Combine(fleet.Home, "run", "server", "broker"), recursive: true);
            await Machine.Kill([broker]);
        });

        await _kubectl.Apply(Manifests.Idle("after-the-wipe", fleet.Nodes[0].Name));
        await _kubectl.UntilPodReady("after-the-wipe");
        await _kubectl.Delete("pod", "after-the-wipe");
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        await witnesses.Remove();
    }

    /// <summary>
    /// The backup knows the witnesses. It does not know one pod and one rollout that came after it, and it knows a pod
    /// that was deleted after it: nodes do what the restored server says, to these alone.
    /// </summary>
    [SkippableFact]
    public async Task A_server_restored_from_an_old_backup_undoes_what_came_after_it_and_nothing_else()
    {
        Fleet.RequireTime();
        var node = fleet.Nodes[0].Name;
        var witnesses = new Witnesses(fleet, "restored");
        await witnesses.Start();
        await _kubectl.Apply(Manifests.Idle("deleted-later", node));
        await _kubectl.UntilPodReady("deleted-later");
        var backup = Path.Combine(fleet.Home, "backup.db");
        (await fleet.InHub(
            [Fleet.ServerBinary, "backup", "--to", backup, "--kubeconfig", fleet.Kubeconfig])).Ok();

        await _kubectl.Apply(Manifests.Idle("made-later", node));
        await _kubectl.UntilPodReady("made-later");
        await _kubectl.Delete("pod", "deleted-later");
        await _kubectl.Do("label", "pod", $"restored-{node}", "later=yes");
        var before = await witnesses.Containers();
        var made = await _kubectl.Field("pod/made-later", ".metadata.uid");

        await fleet.Server.Kill();
        (await fleet.InHub(
            [Fleet.ServerBinary, "restore", "--from", backup, "--data-dir", Path.Combine(fleet.Home, "server")])).Ok();
        await Sessions.UntilNew(fleet, fleet.Nodes, fleet.StartServer);

        await Tool.Until(s_deadline, "the pod that the backup does not know is gone from its node", async () =>
            !(await fleet.Nodes[0].Tasks()).Keys.Any(id => id.StartsWith(made, StringComparison.Ordinal)));
        Assert.Contains("NotFound", (await _kubectl.Try("get", "pod", "made-later")).Failed());
        await _kubectl.UntilPodReady("deleted-later");
        Assert.Equal("", await _kubectl.Field($"pod/restored-{node}", ".metadata.labels.later"));
        await _kubectl.Delete("pod", "deleted-later");
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        foreach (var pod in witnesses.Pods)
        {
            await _kubectl.UntilPodReady(pod);
            Assert.Equal("0", await _kubectl.Field($"pod/{pod}", ".status.containerStatuses[0].restartCount"));
        }

        await witnesses.Remove();
    }

    /// <summary>
    /// Thirty days pass for server and agent, by libfaketime over a restart of both: whatever counts in calendar days
    /// (certificates, tokens, leases, records) meets the day after. The pods' processes live on through it. Then the
    /// clocks go back, as after a battery that gave a wrong date.
    /// </summary>
    [SkippableFact]
    public async Task A_node_that_was_cut_off_for_thirty_days_is_let_in_and_its_pods_have_not_restarted()
    {
        Fleet.RequireTime();
        FakedClock.Require();
        var node = fleet.Nodes[1];
        var witnesses = new Witnesses(fleet, "month");
        await witnesses.Start();
        var before = await witnesses.Containers();

        await node.Disconnect();
        await Pass("+30d");
        Assert.Equal(before, await witnesses.Containers());
        await Sessions.UntilNew(fleet, [node], node.Connect);
        await _kubectl.UntilNodeReady(node.Name);
        await _kubectl.Apply(Manifests.Idle("next-month", node.Name));
        await _kubectl.UntilPodReady("next-month");
        await _kubectl.Delete("pod", "next-month");
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());

        await Sessions.UntilNew(fleet, fleet.Nodes, () => Pass(null));
        await Sessions.UntilAgreed(fleet, fleet.Nodes);
        Assert.Equal(before, await witnesses.Containers());
        await witnesses.Remove();

        async Task Pass(string? time)
        {
            foreach (var daemon in (IEnumerable<Daemon>)[node.Agent, fleet.Server])
            {
                await daemon.Stop();
                if (time is null)
                {
                    FakedClock.Remove(daemon);
                }
                else
                {
                    FakedClock.Set(daemon, time);
                }
            }

            node.Agent.Start();
            await fleet.StartServer();
        }
    }
}
