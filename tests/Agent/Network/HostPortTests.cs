using Edge.Agent.Network;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Network;

/// <summary>Host ports and masquerading in the real kernel: a second namespace is the world outside the node.</summary>
public sealed class HostPortTests
{
    [SkippableFact]
    public Task A_host_port_leads_to_the_pod_from_everywhere_and_from_itself() => WithOutside(async (node, outside) =>
    {
        var sandbox = await node.Create(WithPort(node, "uid-a", new HostPort("TCP", 8080, 80)));
        await using var server = await Serve(sandbox, "hello");

        Assert.Equal("hello", await NodeNetns.Shell($"ip netns exec {outside} {Fetch("198.51.100.1:8080")}"));
        Assert.Equal("hello", await NodeNetns.Shell(Fetch("198.51.100.1:8080")));
        Assert.Equal("hello", await NodeNetns.Shell(Fetch("127.0.0.1:8080")));
        Assert.Equal("hello", await node.InPod(sandbox, Fetch("198.51.100.1:8080")));

        var other = await node.Create("uid-b");
        Assert.Equal("hello", await node.InPod(other, Fetch("198.51.100.1:8080")));

        await node.Network.Remove("uid-a", default);
        Assert.NotEqual(0, (await NodeNetns.TryShell(Fetch("198.51.100.1:8080"))).Code);
    });

    [SkippableFact]
    public Task A_host_port_bound_to_one_address_answers_only_there() => WithOutside(async (node, outside) =>
    {
        var sandbox = await node.Create(WithPort(node, "uid-a", new HostPort("TCP", 8080, 80, "127.0.0.1")));
        await using var server = await Serve(sandbox, "local");

        Assert.Equal("local", await NodeNetns.Shell(Fetch("127.0.0.1:8080")));
        Assert.NotEqual(0, (await NodeNetns.TryShell($"ip netns exec {outside} {Fetch("198.51.100.1:8080")}")).Code);
    });

    [SkippableFact]
    public Task A_pod_that_leaves_the_node_shows_the_nodes_address() => WithOutside(async (node, outside) =>
    {
        var sandbox = await node.Create("uid-a");

        // The outside has no route to the pods: an answer proves that the node's address went out.
        Assert.DoesNotContain("10.64", await NodeNetns.Shell($"ip -n {outside} route"));
        await node.InPod(sandbox, "busybox ping -c1 -W2 198.51.100.2");
    });

    [SkippableFact]
    public Task Nobody_outside_reaches_the_nodes_loopback_through_the_opened_interface() => OnNode(async node =>
    {
        var sandbox = await node.Create(WithPort(node, "uid-a", new HostPort("TCP", 8080, 80)));
        await using var server = await Serve(null, "secret", port: 9999);
        await node.InPod(sandbox, "sysctl -qw net.ipv4.conf.eth0.route_localnet=1");
        await node.InPod(sandbox, "ip addr del 127.0.0.1/8 dev lo");
        await node.InPod(sandbox, "ip route add 127.0.0.0/8 via 10.64.7.1");

        var attack = $"nsenter --net={sandbox.NetPath} {Fetch("127.0.0.1:9999")}";

        Assert.NotEqual(0, (await NodeNetns.TryShell(attack)).Code);

        // Without the guard the way is open: it is the guard that closes it.
        await NodeNetns.Shell("nft delete chain ip edge guard");
        Assert.Equal("secret", await NodeNetns.Shell(attack));
    });

    [SkippableFact]
    public Task A_second_pod_with_the_same_host_port_is_refused_and_leaves_nothing() => OnNode(async node =>
    {
        await node.Create(WithPort(node, "uid-a", new HostPort("TCP", 8080, 80)));

        var refusal = await node.Refused(WithPort(node, "uid-b", new HostPort("TCP", 8080, 81, "192.0.2.1")));

        Assert.Equal(NetworkReason.HostPortConflict, refusal.Reason);
        Assert.Contains("8080/TCP", refusal.Message);
        Assert.Equal(["uid-a"], node.Network.List());
        Assert.Single(node.AddressesHeld());

        await node.RestartAgent();
        Assert.Equal(
            NetworkReason.HostPortConflict,
            (await node.Refused(WithPort(node, "uid-b", new HostPort("TCP", 8080, 81)))).Reason);
        await node.Network.Remove("uid-a", default);
        await node.Create(WithPort(node, "uid-b", new HostPort("TCP", 8080, 81)));
    });

    [SkippableFact]
    public Task A_pod_on_the_nodes_network_holds_its_ports_but_has_no_rule() => OnNode(async node =>
    {
        var request = WithPort(node, "uid-a", new HostPort("TCP", 8080, 8080)) with { HostNetwork = true };
        var sandbox = await node.Create(request);

        Assert.Null(sandbox.NetPath);
        Assert.Null(sandbox.UtsPath);
        Assert.Null(sandbox.PodIp);
        Assert.NotNull(sandbox.IpcPath);
        Assert.DoesNotContain("8080", await NodeNetns.Shell("nft list table ip edge"));
        Assert.Equal(
            NetworkReason.HostPortConflict,
            (await node.Refused(WithPort(node, "uid-b", new HostPort("TCP", 8080, 80)))).Reason);
    });

    private static SandboxRequest WithPort(TestNode node, string uid, HostPort port) =>
        node.Request(uid) with { HostPorts = [port] };

    private static string Fetch(string address) => $"timeout 2 busybox wget -q -O - http://{address}/";

    private static Task OnNode(Func<TestNode, Task> test) => TestNode.Run(test);

    private static Task WithOutside(Func<TestNode, string, Task> test) => TestNode.Run(async node =>
    {
        var outside = $"edge-{Path.GetFileName(node.Settings.RunDir)[^6..]}".ToLowerInvariant();
        await NodeNetns.Shell($"ip netns add {outside}");
        try
        {
            await NodeNetns.Shell($"""
                set -e
                ip link add up0 type veth peer name eth0 netns {outside}
                ip addr add 198.51.100.1/24 dev up0
                ip link set up0 up
                ip -n {outside} addr add 198.51.100.2/24 dev eth0
                ip -n {outside} link set eth0 up
                """);
            await test(node, outside);
        }
        finally
        {
            await NodeNetns.Shell($"ip netns del {outside}");
        }
    });

    private static async Task<HttpServer> Serve(Sandbox? sandbox, string text, int port = 80)
    {
        var server = new HttpServer(sandbox?.NetPath, text, port);
        await server.UntilListening();
        return server;
    }
}
