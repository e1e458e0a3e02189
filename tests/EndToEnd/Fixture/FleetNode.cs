using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// One machine of the fleet: a network namespace with a cable to the fleet's bridge, a containerd and an edge-agent.
/// Its disk survives a power cut; everything else goes.
/// </summary>
public sealed class FleetNode
{
    private readonly Fleet _fleet;
    private readonly int _index;
    private readonly Daemon _containerd;
    private readonly Daemon _agent;

    /// <summary>A machine that knows of no server: it has a directory of static pods.</summary>
    public static FleetNode Alone(Fleet fleet, int index) => new(fleet, index, null);

    public FleetNode(Fleet fleet, int index, EnrolmentToken? token, NodeExtras? extras = null)
    {
        _fleet = fleet;
        _index = index;
        Token = token;
        Name = $"node-{index}";
        Netns = $"{fleet.Id}-{index}";
        Disk = Path.Combine(fleet.Home, "disk", Name);
        Run = Path.Combine(fleet.Home, "run", Name);
        CgroupRoot = $"/{fleet.Id}-{Name}";
        _containerd = new Daemon(
            $"containerd-{Name}", Netns, fleet.Logs, ["containerd", "--config", Path.Combine(Disk, "containerd.toml")]);
        _agent = new Daemon($"agent-{Name}", Netns, fleet.Logs, AgentCommand(token, extras ?? new NodeExtras([], [])));
    }

    public EnrolmentToken Token => field ?? throw new InvalidOperationException($"{Name} knows of no server");

    public string Name { get; }

    public string Netns { get; }

    /// <summary>Who the node is: its keys and certificates.</summary>
    public string Pki => Path.Combine(Disk, "agent", "pki");

    public string Address => $"10.89.0.{10 + _index}";

    public string Disk { get; }

    public string Run { get; }

    public string CgroupRoot { get; }

    public string StaticPods => Path.Combine(Disk, "manifests");

    public string Socket => Path.Combine(Run, "containerd.sock");

    public Daemon Agent => _agent;

    public Daemon Containerd => _containerd;

    /// <summary>There from the start, so that connections are known by the time that the door is closed.</summary>
    private const string Door = """
        table inet door {
          chain shut { }
          chain input {
            type filter hook input priority filter
            iifname eth0 ct state new jump shut
          }
          chain forward {
            type filter hook forward priority filter
            iifname eth0 ct state new jump shut
          }
        }
        """;

    /// <summary>The hub's end of the cable.</summary>
    public string HubEnd => $"n{_index}";

    public async Task PowerOn(bool connected)
    {
        Directory.CreateDirectory(Disk);
        Directory.CreateDirectory(Run);
        await MakeNetwork(connected);
        await File.WriteAllTextAsync(Path.Combine(Disk, "containerd.toml"), $"""
            version = 2
            root = "{Disk}/containerd"
            state = "{Run}/containerd"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{Socket}"
            """);
        _containerd.Start();
        _agent.Start();
    }

    /// <summary>
    /// The power fails: no process, namespace, mount or run directory survives, and nobody says goodbye.
    /// </summary>
    public async Task PowerCut()
    {
        await _agent.Kill();
        await _containerd.Kill();
        for (var round = 0; round < 3; round++)
        {
            await Machine.Kill(Machine.ProcessesNaming(Run + "/"));
            await Machine.Kill(Machine.ProcessesInCgroup(CgroupRoot));
        }

        await Machine.UnmountUnder(Run + "/");
        await Machine.RemoveCgroups(CgroupRoot[1..]);
        await Tool.Run("ip", "netns", "del", Netns);
        await Tool.Run("ip", "-n", _fleet.Hub, "link", "del", HubEnd);
        if (Directory.Exists(Run))
        {
            Directory.Delete(Run, recursive: true);
        }
    }

    public Task Disconnect() => Tool.Shell($"ip -n {_fleet.Hub} link set {HubEnd} down");

    public Task Connect() => Tool.Shell($"ip -n {_fleet.Hub} link set {HubEnd} up");

    /// <summary>From now on nobody reaches the machine or its pods; what they began themselves goes on.</summary>
    public async Task CloseDoor() => (await Inside("nft", "add rule inet door shut drop")).Ok();

    public async Task OpenDoor() => (await Inside("nft", "flush chain inet door shut")).Ok();

    /// <summary>The agent ends and starts again, and its pods go on; with other flags or another clock, say.</summary>
    public async Task RestartAgent()
    {
        await _agent.Stop();
        _agent.Start();
    }

    /// <summary>Ids and process ids of what runs, seen by containerd itself.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Tasks()
    {
        var listing = (await Tool.Run("ctr", "--address", Socket, "--namespace", "edge", "tasks", "list")).Ok();
        return listing.Split('\n').Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields is [_, _, "RUNNING"]).ToDictionary(fields => fields[0], fields => fields[1]);
    }

    /// <summary>Runs a command where the node is.</summary>
    public Task<ToolResult> Inside(params string[] command) =>
        Tool.Run("nsenter", [$"--net=/run/netns/{Netns}", .. command], null);

    /// <summary>What a person on site types after <c>edge-agent</c>.</summary>
    public Task<ToolResult> OnSite(string[] command, string? input = null) => Tool.Run(
        Fleet.AgentBinary, [.. command, "--run-dir", Path.Combine(Run, "agent")], input);

    private async Task MakeNetwork(bool connected) => await Tool.Shell($"""
        set -e
        ip netns add {Netns}
        ip link add {HubEnd} netns {_fleet.Hub} type veth peer name eth0 netns {Netns}
        ip -n {_fleet.Hub} link set {HubEnd} master br0
        ip -n {_fleet.Hub} link set {HubEnd} {(connected ? "up" : "down")}
        ip -n {Netns} link set lo up
        ip -n {Netns} addr add {Address}/24 dev eth0
        ip -n {Netns} link set eth0 up
        ip -n {Netns} route add default via {Fleet.HubAddress}
        nsenter --net=/run/netns/{Netns} nft '{Door}'
        """);

    private string[] AgentCommand(EnrolmentToken? token, NodeExtras extras) =>
    [
        "env", .. RuntimeSettings.Agent, .. extras.Environment, Fleet.AgentBinary, "run", "--node-name", Name,
        "--data-dir", Path.Combine(Disk, "agent"), "--run-dir", Path.Combine(Run, "agent"),
        "--containerd-socket", Socket, "--cgroup-root", CgroupRoot,
        "--insecure-registry", Fleet.Registry,
        .. token is null
            ? (string[])["--static-pod-dir", StaticPods]
            :
            [
                "--server", $"https://{Fleet.HubAddress}:6443",
                "--token", token.Token, "--ca-cert-hash", token.CaCertHash,
            ],
        .. extras.Arguments,
    ];
}

/// <summary>What one node's agent has more than the others'.</summary>
public sealed record NodeExtras(IReadOnlyList<string> Environment, IReadOnlyList<string> Arguments);
