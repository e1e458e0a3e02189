using Edge.Agent.Network;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Network;

/// <summary>
/// Sandboxes in the real kernel, with the real plugins; the test's own namespace stands for the node.
/// </summary>
public sealed class SandboxNetworkTests
{
    [SkippableFact]
    public Task A_sandbox_has_its_own_network_host_name_ipc_and_shared_memory() => OnNode(async node =>
    {
        var sandbox = await node.Create("uid-a");

        Assert.Equal("10.64.7.2", sandbox.PodIp);
        Assert.Equal("web-0", await NodeNetns.Shell($"nsenter --uts={sandbox.UtsPath} hostname"));
        var addresses = await node.InPod(sandbox, "ip -o -4 addr");
        Assert.Contains("lo    inet 127.0.0.1/8", addresses);
        Assert.Contains("eth0    inet 10.64.7.2/24", addresses);
        Assert.Contains("default via 10.64.7.1", await node.InPod(sandbox, "ip route"));
        Assert.Equal("64M", await NodeNetns.Shell($"df -h --output=size {sandbox.ShmPath} | tail -1"));
        Assert.NotEqual(
            await NodeNetns.Shell("readlink /proc/self/ns/ipc"),
            await NodeNetns.Shell($"nsenter --ipc={sandbox.IpcPath} readlink /proc/self/ns/ipc"));
    });

    [SkippableFact]
    public Task Pods_reach_each_other_and_the_node() => OnNode(async node =>
    {
        var one = await node.Create("uid-a");
        var other = await node.Create("uid-b");

        await node.InPod(one, $"busybox ping -c1 -W2 {other.PodIp}");
        await node.InPod(other, "busybox ping -c1 -W2 10.64.7.1");
        await NodeNetns.Shell($"busybox ping -c1 -W2 {one.PodIp}");
    });

    [SkippableFact]
    public Task A_standing_sandbox_is_adopted_also_by_a_restarted_agent() => OnNode(async node =>
    {
        var made = await node.Create("uid-a");
        var again = await node.Network.Create(node.Request("uid-a"), default);
        Assert.True(Assert.IsType<SandboxResult.Ready>(again).Adopted);

        await node.RestartAgent();
        var adopted = Assert.IsType<SandboxResult.Ready>(await node.Network.Create(node.Request("uid-a"), default));

        Assert.True(adopted.Adopted);
        Assert.Equal(made, adopted.Sandbox);
    });

    [SkippableFact]
    public Task A_lost_interface_is_repaired_in_place_with_the_same_address() => OnNode(async node =>
    {
        await node.Create("uid-a");
        var made = await node.Create("uid-b");
        var before = await node.InPod(made, "readlink /proc/self/ns/net");
        await node.InPod(made, "ip link del eth0");

        var repaired = await node.Create("uid-b");

        Assert.Equal(made, repaired);
        Assert.Equal(before, await node.InPod(repaired, "readlink /proc/self/ns/net"));
        await node.InPod(repaired, "busybox ping -c1 -W2 10.64.7.1");
    });

    [SkippableFact]
    public Task A_pod_keeps_its_address_over_a_reboot_even_when_another_pod_comes_first() => OnNode(async node =>
    {
        var first = await node.Create("uid-a");
        var second = await node.Create("uid-b");

        await node.Reboot();
        node.Network.KeepAddresses(new Dictionary<string, string>
        {
            ["uid-a"] = first.PodIp!, ["uid-b"] = second.PodIp!,
        });
        var stranger = await node.Create("uid-c");
        var secondAgain = await node.Create(node.Request("uid-b") with { PreferredIp = second.PodIp });
        var firstAgain = await node.Create(node.Request("uid-a") with { PreferredIp = first.PodIp });

        Assert.Equal(("10.64.7.2", "10.64.7.3"), (firstAgain.PodIp, secondAgain.PodIp));
        Assert.Equal("10.64.7.4", stranger.PodIp);
    });

    [SkippableTheory]
    [InlineData("10.64.7.2")]
    [InlineData("192.168.1.1")]
    public Task A_pod_gets_another_address_when_its_former_one_cannot_be_had(string former) => OnNode(async node =>
    {
        await node.Create("uid-a");

        var sandbox = await node.Create(node.Request("uid-b") with { PreferredIp = former });

        Assert.Equal("10.64.7.3", sandbox.PodIp);
    });

    [SkippableFact]
    public Task Removing_frees_everything_and_may_be_repeated() => OnNode(async node =>
    {
        var sandbox = await node.Create("uid-a");

        await node.Network.Remove("uid-a", default);
        await node.Network.Remove("uid-a", default);

        Assert.Empty(node.Network.List());
        Assert.False(Directory.Exists(Path.GetDirectoryName(sandbox.NetPath)));
        Assert.DoesNotContain(
            MountTable.Read(), mount => mount.Target.StartsWith(sandbox.NetPath![..^3], StringComparison.Ordinal));
        Assert.Empty(node.AddressesHeld());
        Assert.DoesNotContain("veth", await NodeNetns.Shell("ip -o link"));
    });

    [SkippableFact]
    public Task What_a_crash_left_half_made_is_made_anew() => OnNode(async node =>
    {
        var sandbox = await node.Create("uid-a");
        var record = node.RecordPath("uid-a");
        var text = await File.ReadAllTextAsync(record);
        await File.WriteAllTextAsync(record, text.Replace("\"ready\":true", "\"ready\":false"));
        await node.RestartAgent();
        Assert.Equal(["uid-a"], node.Network.List());

        var result = Assert.IsType<SandboxResult.Ready>(await node.Network.Create(node.Request("uid-a"), default));

        Assert.False(result.Adopted);
        await node.InPod(result.Sandbox, "busybox ping -c1 -W2 10.64.7.1");
        Assert.Single(node.AddressesHeld());
        Assert.Equal(sandbox.NetPath, result.Sandbox.NetPath);
    });

    /// <summary>The plugin refuses a plain file for ever, so it must not be shown one.</summary>
    [SkippableFact]
    public Task A_sandbox_whose_pin_was_let_go_by_a_crash_is_undone() => OnNode(async node =>
    {
        var removed = await node.Create("uid-a");
        var made = await node.Create("uid-b");
        NamespacePins.Unmount(removed.NetPath!);
        NamespacePins.Unmount(made.NetPath!);
        await node.RestartAgent();

        await node.Network.Remove("uid-a", default);
        var again = await node.Create("uid-b");

        Assert.Equal(["uid-b"], node.Network.List());
        Assert.Equal([again.PodIp!], node.AddressesHeld());
        await node.InPod(again, "busybox ping -c1 -W2 10.64.7.1");
    });

    [SkippableFact]
    public Task Leftovers_of_unknown_pods_are_collected_also_without_a_readable_record() => OnNode(async node =>
    {
        await node.Create("uid-a");
        await node.Create("uid-b");
        await node.Create("uid-c");
        await File.WriteAllTextAsync(node.RecordPath("uid-b"), "{");
        node.Network.KeepAddresses(new Dictionary<string, string> { ["uid-gone"] = "10.64.7.77" });

        await node.Network.RemoveOthers(new HashSet<string> { "uid-a" }, default);

        Assert.Equal(["uid-a"], node.Network.List());
        Assert.Equal(["10.64.7.2"], node.AddressesHeld());
    });

    private static Task OnNode(Func<TestNode, Task> test) => TestNode.Run(test);
}
