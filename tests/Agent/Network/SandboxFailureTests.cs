using Edge.Agent.Network;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Network;

/// <summary>
/// What goes wrong on the way, and that nothing is left of it. The plugin is a script where it must fail.
/// </summary>
public sealed class SandboxFailureTests
{
    [SkippableFact]
    public Task A_failed_plugin_is_undone_by_DEL_and_leaves_nothing() => WithPlugin(
        """
        echo $CNI_COMMAND >> "$(dirname "$0")/calls"
        [ $CNI_COMMAND = DEL ] || { echo '{"code":7,"msg":"no cable"}'; exit 1; }
        """,
        async node =>
        {
            var request = node.Request("uid-a") with { HostPorts = [new HostPort("TCP", 8080, 80)] };

            var refusal = await node.Refused(request);

            Assert.Equal(NetworkReason.PluginFailed, refusal.Reason);
            Assert.Equal("ptp ADD: no cable (code 7)", refusal.Message);
            var calls = await File.ReadAllTextAsync(Path.Combine(node.Settings.CniBinDirs[0], "calls"));
            Assert.StartsWith("ADD\nDEL\n", calls);
            AssertNothingLeft(node);
            // The port is free again: the next pod fails for the plugin, not for the port.
            Assert.Equal(NetworkReason.PluginFailed, (await node.Refused(request with { Uid = "uid-b" })).Reason);
        });

    [SkippableFact]
    public Task A_plugin_that_answers_no_JSON_is_named() => WithPlugin("echo ouch", async node =>
    {
        var refusal = await node.Refused(node.Request("uid-a"));

        Assert.Equal(NetworkReason.PluginFailed, refusal.Reason);
        Assert.Contains("no JSON", refusal.Message);
        AssertNothingLeft(node);
    });

    [SkippableFact]
    public Task A_missing_plugin_is_named_with_the_directories() => TestNode.Run(
        async node =>
        {
            var refusal = await node.Refused(node.Request("uid-a"));

            Assert.Equal(NetworkReason.PluginMissing, refusal.Reason);
            Assert.Contains("/nowhere", refusal.Message);
        },
        settings => settings with { CniBinDirs = ["/nowhere"] });

    [SkippableFact]
    public Task A_cancelled_call_kills_the_plugin_and_leaves_nothing() => WithPlugin(
        """[ $CNI_COMMAND = DEL ] || { echo $$ > "$(dirname "$0")/pid"; exec sleep 300; }""",
        async node =>
        {
            using var cancel = new CancellationTokenSource();
            var creating = node.Network.Create(node.Request("uid-a"), cancel.Token);
            var pidFile = Path.Combine(node.Settings.CniBinDirs[0], "pid");
            while (!File.Exists(pidFile) || new FileInfo(pidFile).Length == 0)
            {
                await Task.Yield();
            }

            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => creating);

            Assert.False(Directory.Exists($"/proc/{(await File.ReadAllTextAsync(pidFile)).Trim()}"));
            AssertNothingLeft(node);
        });

    [SkippableFact]
    public Task Without_a_pod_network_only_pods_on_the_nodes_network_run() => TestNode.Run(async node =>
    {
        var request = node.Request("uid-a") with { PodCidr = null };

        Assert.Equal(NetworkReason.NoPodCidr, (await node.Refused(request)).Reason);
        Assert.Equal(NetworkReason.BadRequest, (await node.Refused(request with { PodCidr = "fd00::/64" })).Reason);
        AssertNothingLeft(node);
        await node.Create(request with { HostNetwork = true });
    });

    [SkippableTheory]
    [InlineData("../evil")]
    [InlineData("")]
    [InlineData("a/b")]
    public Task A_uid_that_is_no_directory_name_is_refused(string uid) => TestNode.Run(async node =>
        Assert.Equal(NetworkReason.BadRequest, (await node.Refused(node.Request(uid))).Reason));

    [SkippableFact]
    public Task A_sandbox_that_the_kernel_refuses_does_not_take_the_next_one_with_it() => TestNode.Run(async node =>
    {
        using var table = new NodeTable("10.64.0.0/10", new ProgramRun(TimeProvider.System));
        var good = new SandboxRecord { Request = node.Request("uid-a"), PodIp = "10.64.7.2", HostInterface = "veth0" };
        var bad = good with
        {
            Request = node.Request("uid-b") with { HostPorts = [new HostPort("TCP", 80, 80, "no address")] },
        };

        var refusal = await Assert.ThrowsAsync<NetworkException>(() => table.Add(bad, default));
        await table.Add(good, default);

        Assert.Equal(NetworkReason.RulesetRefused, refusal.Reason);
    });

    [SkippableFact]
    public Task Sysctls_are_set_inside_and_unsafe_ones_refused() => TestNode.Run(async node =>
    {
        var sandbox = await node.Create(node.Request("uid-a") with
        {
            Sysctls = new Dictionary<string, string> { ["net.ipv4.ip_local_port_range"] = "40000 50000" },
        });

        Assert.Equal("40000\t50000", await node.InPod(sandbox, "cat /proc/sys/net/ipv4/ip_local_port_range"));
        Assert.Equal("0", await node.InPod(sandbox, "cat /proc/sys/net/ipv4/ip_unprivileged_port_start"));
        Assert.Equal("1024", await NodeNetns.Shell("cat /proc/sys/net/ipv4/ip_unprivileged_port_start"));

        var refusal = await node.Refused(node.Request("uid-b") with
        {
            Sysctls = new Dictionary<string, string> { ["kernel.hostname"] = "x" },
        });
        Assert.Equal(NetworkReason.SysctlRefused, refusal.Reason);
        refusal = await node.Refused(node.Request("uid-c") with
        {
            Sysctls = new Dictionary<string, string> { ["net.ipv4.tcp_syncookies"] = "many" },
        });
        Assert.Equal(NetworkReason.SysctlRefused, refusal.Reason);
        Assert.Equal(["uid-a"], node.Network.List());
    });

    [SkippableFact]
    public Task A_pod_with_the_nodes_ipc_shares_its_memory() => TestNode.Run(async node =>
    {
        var sandbox = await node.Create(node.Request("uid-a") with { HostIpc = true });

        Assert.Null(sandbox.IpcPath);
        Assert.Equal("/dev/shm", sandbox.ShmPath);
        Assert.NotNull(sandbox.NetPath);
    });

    private static void AssertNothingLeft(TestNode node)
    {
        Assert.Empty(node.Network.List());
        var prefix = node.Settings.RunDir + "/sandboxes/";
        Assert.DoesNotContain(
            MountTable.Read(), mount => mount.Target.StartsWith(prefix, StringComparison.Ordinal));
    }

    private static async Task WithPlugin(string script, Func<TestNode, Task> test)
    {
        var directory = Directory.CreateTempSubdirectory("edge-plugin-").FullName;
        try
        {
            var path = Path.Combine(directory, "ptp");
            await File.WriteAllTextAsync(path, $"#!/bin/sh\ncat > /dev/null\n{script}\n");
            await NodeNetns.Shell($"chmod 0500 {path}");
            await TestNode.Run(test, settings => settings with { CniBinDirs = [directory] });
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
