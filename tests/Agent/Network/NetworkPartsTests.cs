using Edge.Agent.Network;

namespace Edge.Tests.Agent.Network;

/// <summary>The parts that need no kernel.</summary>
public sealed class NetworkPartsTests
{
    [Fact]
    public void The_mount_table_is_read_with_its_escapes_and_tags()
    {
        var mounts = MountTable.Parse(
        [
            @"36 35 98:0 / / rw,noatime shared:1 - ext4 /dev/root rw",
            @"37 36 0:3 net:[4026532000] /run/a\040b/net rw master:2 propagate_from:3 - nsfs nsfs rw",
            "broken line",
        ]);

        Assert.Equal([new MountEntry("/", "ext4", true), new MountEntry("/run/a b/net", "nsfs", false)], mounts);
        Assert.Equal("/", MountTable.Holding(mounts, "/run/a")?.Target);
        Assert.Equal("/run/a b/net", MountTable.Holding(mounts, "/run/a b/net")?.Target);
    }

    /// <summary>The link stands for a file that another pod's end removes between the list and the look.</summary>
    [Fact]
    public void An_address_that_is_freed_meanwhile_hinders_nobody()
    {
        var run = Directory.CreateTempSubdirectory("edge-book-").FullName;
        var book = new AddressBook(run);
        book.Keep("uid-a", "10.64.7.2");
        File.CreateSymbolicLink(Path.Combine(book.Root, "edge", "10.64.7.3"), "gone");

        book.Free("uid-a");

        Assert.False(File.Exists(Path.Combine(book.Root, "edge", "10.64.7.2")));
        Directory.Delete(run, recursive: true);
    }

    [Theory]
    [InlineData("TCP", 80, null, true)]
    [InlineData("tcp", 80, "192.0.2.1", true)]
    [InlineData("TCP", 80, "192.0.2.2", false)]
    [InlineData("UDP", 80, null, false)]
    [InlineData("TCP", 81, null, false)]
    public void Host_ports_overlap_by_protocol_port_and_address(
        string protocol, int port, string? address, bool overlaps)
    {
        var ports = new HostPorts();
        ports.Claim("a", [new HostPort("TCP", 80, 8080, "192.0.2.1")]);

        var failure = Record.Exception(() => ports.Claim("b", [new HostPort(protocol, port, 1, address)]));

        Assert.Equal(overlaps, failure is NetworkException { Reason: NetworkReason.HostPortConflict });
    }

    [Fact]
    public void A_pod_claims_again_what_it_holds_but_nothing_twice_at_once()
    {
        var ports = new HostPorts();
        ports.Claim("a", [new HostPort("TCP", 80, 8080)]);
        ports.Claim("a", [new HostPort("TCP", 80, 8080)]);

        Assert.Throws<NetworkException>(
            () => ports.Claim("b", [new HostPort("TCP", 81, 1), new HostPort("TCP", 81, 2)]));
        ports.Claim("c", [new HostPort("TCP", 81, 1)]);
    }

    [Fact]
    public void The_table_depends_on_the_sandboxes_and_not_on_their_order()
    {
        var one = Sandbox("a", "10.64.0.2", new HostPort("TCP", 80, 8080));
        var other = Sandbox("b", "10.64.0.3", new HostPort("UDP", 53, 5353, "192.0.2.1"));

        var text = RulesetPlan.Render([one, other], "10.64.0.0/10");

        Assert.Equal(text, RulesetPlan.Render([other, one], "10.64.0.0/10"));
        Assert.Contains("elements = { tcp . 80 : 10.64.0.2 . 8080 };", text);
        Assert.Contains("elements = { 192.0.2.1 . udp . 53 : 10.64.0.3 . 5353 };", text);
        Assert.Contains("elements = { 10.64.0.0/24 };", text);
    }

    private static SandboxRecord Sandbox(string uid, string ip, HostPort port) => new()
    {
        Request = new SandboxRequest
        {
            Uid = uid, Name = uid, Namespace = "default", Hostname = uid, PodCidr = "10.64.0.0/24", HostPorts = [port],
        },
        PodIp = ip,
    };
}
