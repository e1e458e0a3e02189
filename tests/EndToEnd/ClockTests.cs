using Edge.Tests.EndToEnd.Fixture;

namespace Edge.Tests.EndToEnd;

/// <summary>
/// Wrong clocks, by libfaketime: a device in 1970, in 2066, and one whose clock jumps while it runs; a server and its
/// broker likewise. The time that passes is real, so that leases and back-off are as they are.
/// </summary>
[Collection(FleetTests.Name)]
public sealed class ClockTests(Fleet fleet)
{
    private const string Library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    [SkippableFact]
    public async Task A_device_joins_in_1970_and_its_clock_may_jump_as_it_likes()
    {
        Fleet.RequireTime();
        RequireFakeTime();
        var clock = Path.Combine(fleet.Home, "clock");
        Set(clock, "1970-01-02 00:00:00");
        var node = await fleet.AddNode(9, new NodeExtras(FakeTime(clock), ["--keep-alive-seconds", "10"]));
        try
        {
            await node.PowerOn(connected: true);
            await fleet.Kubectl.UntilNodeReady(node.Name);
            await fleet.Kubectl.Apply(Manifests.Idle("timeless", node.Name));
            await fleet.Kubectl.Apply(Leased("fenced", node.Name));
            await fleet.Kubectl.UntilPodReady("timeless");
            await fleet.Kubectl.UntilPodReady("fenced");
            var tasks = await node.Tasks();

            foreach (var time in new[] { "2066-06-01 00:00:00", "1970-01-03 00:00:00", "2026-11-26 12:00:00" })
            {
                Set(clock, time);
                await Works(node, $"jump-{time[..4]}");
                Assert.Equal(tasks, await node.Tasks());
            }

            // Another life of the agent, on another date each time.
            foreach (var time in new[] { "2066-06-01 00:00:00", "1970-01-02 00:00:00" })
            {
                await node.Agent.Kill();
                Set(clock, time);
                node.Agent.Start();
                await Works(node, $"start-{time[..4]}");
                Assert.Equal(tasks, await node.Tasks());
            }

            var key = await Key(node);
            await fleet.Kubectl.Do("annotate", "node", node.Name, "edge/renew-key=true");
            await Tool.Until(s_patience, "the key is changed in 1970 too", async () => await Key(node) != key);
            await fleet.Kubectl.UntilNodeReady(node.Name);
            Assert.Equal(tasks, await node.Tasks());
            await fleet.Kubectl.Delete("pod", "timeless", "fenced");
        }
        finally
        {
            await fleet.RemoveNode(node);
        }
    }

    [SkippableFact]
    public async Task A_server_and_its_broker_in_another_century_serve_on_and_come_home_without_a_restart_of_a_pod()
    {
        Fleet.RequireTime();
        RequireFakeTime();
        var node = fleet.Nodes[0];
        await fleet.Kubectl.Apply(Manifests.Idle("anchor", node.Name));
        await fleet.Kubectl.Apply(Leased("leased", node.Name));
        await fleet.Kubectl.UntilPodReady("anchor");
        await fleet.Kubectl.UntilPodReady("leased");
        var tasks = await node.Tasks();
        foreach (var time in new[] { "1970-01-02 00:00:00", "2066-06-01 00:00:00" })
        {
            var clock = Path.Combine(fleet.Home, $"server-clock-{time[..4]}");
            Set(clock, time);
            await Restart(fleet.ServerWith($"server-{time[..4]}", FakeTime(clock)), async server =>
            {
                await Works(node, $"server-{time[..4]}");
                Assert.Equal(tasks, await node.Tasks());
                var token = await fleet.Kubectl.Try("create", "token", "default", "--duration=10m");
                Console.WriteLine($"a token of {time[..4]}: exit {token.ExitCode}");
                await server.Kill();
            });
        }

        await Restart(fleet.Server, _ => Task.CompletedTask);
        await Works(node, "home");
        Assert.Equal(tasks, await node.Tasks());
        await fleet.Kubectl.Delete("pod", "anchor", "leased");
    }

    /// <summary>The node is ready, starts a pod, and its log can be read; the pod goes again.</summary>
    private async Task Works(FleetNode node, string pod)
    {
        await fleet.Kubectl.UntilNodeReady(node.Name);
        await fleet.Kubectl.Apply(Manifests.Script(pod, "echo said; sleep 3600")
            .Replace("spec:\n", $"spec:\n  nodeName: {node.Name}\n", StringComparison.Ordinal));
        await fleet.Kubectl.UntilPodReady(pod);
        await Tool.Until(s_patience, "the log is there", async () => await fleet.Kubectl.Do("logs", pod) == "said");
        await fleet.Kubectl.Delete("pod", pod);
    }

    private async Task Restart(Daemon server, Func<Daemon, Task> meanwhile)
    {
        await fleet.Server.Kill();
        await Machine.Kill([fleet.BrokerPid()]);
        server.Start();
        await Tool.Until(s_patience, "the server is ready", async () =>
            (await fleet.Kubectl.Try("get", "--raw", "/readyz")).ExitCode == 0);
        try
        {
            await meanwhile(server);
        }
        finally
        {
            if (server != fleet.Server)
            {
                await server.Kill();
            }
        }
    }

    private Task<string> Key(FleetNode node) =>
        fleet.Kubectl.Field($"node/{node.Name}", ".metadata.annotations.edge/public-key-sha256");

    /// <summary>Its node stops it when it hears nothing for a while, by a clock that nobody sets.</summary>
    private static string Leased(string name, string node) => Manifests.Idle(name, node).Replace(
        "spec:\n", """
        spec:
          tolerations:
            - key: node.kubernetes.io/unreachable
              operator: Exists
              effect: NoExecute
              tolerationSeconds: 60

        """, StringComparison.Ordinal);

    private static void RequireFakeTime() =>
        Skip.IfNot(File.Exists(Library), "libfaketime is not on this machine");

    private static string[] FakeTime(string clock) =>
    [
        $"LD_PRELOAD={Library}", $"FAKETIME_TIMESTAMP_FILE={clock}", "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1",
    ];

    /// <summary>From now on it is this time, and goes on from there.</summary>
    private static void Set(string clock, string time)
    {
        var offset = DateTimeOffset.Parse(time + "Z", System.Globalization.CultureInfo.InvariantCulture)
            - DateTimeOffset.UtcNow;
        File.WriteAllText(clock, $"{offset.TotalSeconds:+0;-0}\n");
    }
}
