using Edge.Tests.EndToEnd.Fixture;
using Xunit.Abstractions;

namespace Edge.Tests.EndToEnd.Machines;

/// <summary>What the units of packaging/systemd promise, by a real systemd.</summary>
[Collection(MachineTests.Name)]
public sealed class UnitTests(MachineWorld world, ITestOutputHelper output)
{
    private static readonly TimeSpan Long = MachineWorld.Long;

    [SkippableFact]
    public async Task Units_hold_nothing_that_systemd_does_not_know()
    {
        MachineWorld.Require();

        Assert.Equal("", (await world.Machine.Ok(
            "systemd-analyze verify --man=no /usr/lib/systemd/system/edge-{agent,drain,server,broker}.service "
                + "/usr/lib/systemd/system/edge-broker.path", Long)).Trim());
        output.WriteLine(await world.Machine.Ok(
            "systemd-analyze security --no-pager | grep -E 'edge-(agent|server|broker|drain)'", Long));
    }

    [SkippableFact]
    public async Task Control_groups_of_version_2_hold_what_a_pod_may_use_also_after_systemd_read_its_units_again()
    {
        MachineWorld.Require();
        await world.UntilRunning(MachineWorld.Pods);
        await world.Machine.Ok("systemctl daemon-reload", Long);

        var group = await world.Machine.Ok(
            "test -e /sys/fs/cgroup/cgroup.controllers && "
            + "dirname $(grep -l . /sys/fs/cgroup/kubepods/pod*/*/cgroup.procs | head -1)");
        Assert.Equal("67108864", await world.Machine.Ok($"cat {group}/memory.max"));
        Assert.Equal("25000 100000", await world.Machine.Ok($"cat {group}/cpu.max"));
        Assert.Equal("0", await world.Machine.Ok($"cat {group}/memory.swap.max"));
        var before = await world.Tasks();
        await world.Apply("kubectl", MachineWorld.Pod("greedy", $$"""
            { restartPolicy: Never, containers: [{ name: main, image: "{{MachineWorld.Image(TestImages.Idle)}}",
              command: [/bin/busybox, dd, if=/dev/zero, of=/dev/null, bs=100M, count=1],
              resources: { limits: { memory: 32Mi } } }] }
            """));
        await world.Machine.Until(Long, "the kernel has ended what took more than its limit",
            "kubectl get pod greedy -o yaml | grep 'reason: OOMKilled'");
        await world.Machine.Ok("kubectl delete pod greedy");
        await world.Machine.Until(
            Long, "used resources are counted", "kubectl top pod limited --no-headers 2>/dev/null | grep -q Mi");
        Assert.Equal(before, await world.Tasks());
    }

    [SkippableFact]
    public async Task A_restart_of_the_server_ends_neither_broker_nor_sessions()
    {
        MachineWorld.Require();
        const string session = "ss -tnH state established '( dport = :8883 )' | awk '{ print $3 }'";
        var (broker, before) =
            (await world.Machine.Ok("pgrep -x mosquitto"), await world.Machine.Ok(session));
        Assert.NotEmpty(before);

        await world.Machine.Ok("systemctl restart edge-server", Long);
        await world.Machine.Until(Long, "the API answers", "kubectl get --raw /readyz");

        Assert.Equal(broker, await world.Machine.Ok("pgrep -x mosquitto"));
        Assert.Equal(before, await world.Machine.Ok(session));
        await world.Machine.Ok("systemctl kill --signal=KILL edge-broker", Long);
        await world.Machine.Until(Long, "the broker is back", "systemctl is-active edge-broker");
        await world.Machine.Until(Long, "the session is back", $"[ -n \"$({session})\" ]");
    }

    [SkippableFact]
    public async Task A_stopped_agent_and_a_stopped_server_are_started_again_by_their_watchdogs_and_no_pod_is_touched()
    {
        MachineWorld.Require();
        await world.UntilRunning(MachineWorld.Pods);
        var before = await world.Tasks();
        var (agent, server) = (await MainPid("edge-agent"), await MainPid("edge-server"));

        await world.Machine.Ok($"kill -STOP {agent} {server}");
        await world.Machine.Until(Long, "another agent and another server run",
            $"""
            a=$(systemctl show -P MainPID edge-agent); s=$(systemctl show -P MainPID edge-server)
            [ $a != 0 ] && [ $s != 0 ] && [ $a != {agent} ] && [ $s != {server} ] &&
            systemctl is-active edge-agent edge-server
            """);

        Assert.Contains("Watchdog timeout", await world.Machine.Ok("journalctl --no-pager -u edge-agent"));
        Assert.Contains("Watchdog timeout", await world.Machine.Ok("journalctl --no-pager -u edge-server"));
        await world.Machine.Until(Long, "the agent serves", "edge-agent ps | grep -c Running");
        Assert.Equal(before, await world.Tasks());
    }

    private Task<string> MainPid(string unit) => world.Machine.Ok($"systemctl show -P MainPID {unit}");
}
