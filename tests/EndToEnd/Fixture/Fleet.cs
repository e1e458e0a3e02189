using System.Text.RegularExpressions;
using Edge.Tests.Support;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>What the server prints for a node that is to join.</summary>
public sealed record EnrolmentToken(string Token, string CaCertHash);

/// <summary>
/// A whole fleet on this machine, in networks of its own: a hub with the published edge-server, its broker and a
/// registry on 10.89.0.1, and nodes with containerd and the published edge-agent. Addresses are the same in every run,
/// names are not; so two fleets do not meet. Nothing of it is left afterwards.
/// </summary>
public sealed partial class Fleet : IAsyncLifetime
{
    public const string HubAddress = "10.89.0.1";
    public const string Registry = HubAddress + ":5000";

    private readonly List<FleetNode> _nodes = [];
    private readonly Daemon _registry;

    public Fleet()
    {
        Id = $"edgee2e{Environment.ProcessId}";
        Home = Path.Combine(Path.GetTempPath(), Id);
        Hub = $"{Id}-hub";
        Logs = Path.Combine(Home, "log");
        _registry = new Daemon("registry", Hub, Logs, ["docker-registry", "serve", Path.Combine(Home, "registry.yml")]);
        Server = ServerWith("server");
        Kubectl = new Kubectl(this, Kubectl.Newest);
    }

    public static string ServerBinary => Binary("EDGE_SERVER", "server", "edge-server");

    public static string AgentBinary => Binary("EDGE_AGENT", "agent", "edge-agent");

    /// <summary>How many nodes the fleet has.</summary>
    public int Size { get; init; } = 3;

    public string Id { get; }

    public string Home { get; }

    public string Hub { get; }

    public string Logs { get; }

    public Daemon Server { get; }

    public Kubectl Kubectl { get; }

    public IReadOnlyList<FleetNode> Nodes => _nodes;

    public string Kubeconfig => Path.Combine(Home, "server", "admin.kubeconfig");

    private static string? Missing => Parts.Missing();

    /// <summary>Skips the test, and says why, where a part of the real world is not installed.</summary>
    public static void Require() => Skip.If(Missing is not null, Missing);

    /// <summary>This is the long run.</summary>
    public static bool HasTime => Environment.GetEnvironmentVariable("EDGE_SOAK") is not null;

    /// <summary>As <see cref="Require"/>, for what takes minutes: <c>packaging/dev soak</c> has them.</summary>
    public static void RequireTime()
    {
        Require();
        Skip.If(!HasTime, "takes minutes; packaging/dev soak runs it");
    }

    /// <summary>The kubectl of one version; skips the test, and says why, where it is not installed.</summary>
    public Kubectl Use(string version)
    {
        Require();
        Skip.If(Kubectl.Locate(version) is null, $"kubectl {version} is not on this machine");
        return new Kubectl(this, version);
    }

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        Directory.CreateDirectory(Logs);
        // As /run is on every machine: nothing there costs the disk a write, nothing survives a power cut.
        await Tool.Shell($"mkdir {Home}/run && mount -t tmpfs -o mode=755 tmpfs {Home}/run");
        // A bridge without an address of its own takes its ports' lowest, and changes it under its neighbours.
        await Tool.Shell($"""
            set -e
            ip netns add {Hub}
            ip -n {Hub} link set lo up
            ip -n {Hub} link add br0 address 02:ed:9e:00:00:01 type bridge
            ip -n {Hub} addr add {HubAddress}/24 dev br0
            ip -n {Hub} link set br0 up
            """);
        await StartRegistry();
        await StartServer();
        for (var index = 1; index <= Size; index++)
        {
            await (await AddNode(index)).PowerOn(connected: true);
        }

        foreach (var node in _nodes)
        {
            await Explain(Kubectl.UntilNodeReady(node.Name), node.Agent, node.Containerd, Server);
        }
    }

    public async Task DisposeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        foreach (var node in _nodes)
        {
            await node.Agent.Stop();
            await node.PowerCut();
        }

        await Server.Stop();
        await _registry.Stop();
        // The broker outlives the server on purpose.
        await Machine.Kill(Machine.ProcessesNaming(Home + "/"));
        await Tool.Run("ip", "netns", "del", Hub);
        await Machine.UnmountUnder(Home + "/");
        if (Environment.GetEnvironmentVariable("EDGE_KEEP_LOGS") is { } kept)
        {
            await Tool.Run("cp", "-r", Logs, kept);
        }

        Directory.Delete(Home, recursive: true);
        AssertNothingLeft();
    }

    /// <summary>The same server, of another name in the logs and with more in its environment.</summary>
    public Daemon ServerWith(string name, params string[] environment) => new(name, Hub, Logs,
    [
        "env", .. RuntimeSettings.Server, .. environment, ServerBinary, "run",
        "--data-dir", Path.Combine(Home, "server"), "--run-dir", Path.Combine(Home, "run", "server"),
        "--listen", $"{HubAddress}:6443", "--advertise-address", HubAddress,
    ]);

    /// <summary>Makes a machine that has a token to join with, without power yet.</summary>
    public async Task<FleetNode> AddNode(int index, NodeExtras? extras = null)
    {
        var node = new FleetNode(this, index, await NewToken(), extras);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Takes a machine away for good, so that other tests have the fleet that they expect.</summary>
    public async Task RemoveNode(FleetNode node)
    {
        await node.Agent.Stop();
        await node.PowerCut();
        _nodes.Remove(node);
        if (Directory.Exists(node.Disk))
        {
            Directory.Delete(node.Disk, recursive: true);
        }

        await Kubectl.Do("delete", "node", node.Name, "--ignore-not-found", "--timeout=60s");
    }

    public async Task<EnrolmentToken> NewToken()
    {
        var printed = (await InHub([ServerBinary, "token", "create", "--kubeconfig", Kubeconfig])).Ok();
        return new EnrolmentToken(
            TokenLine().Match(printed).Groups[1].Value, HashLine().Match(printed).Groups[1].Value);
    }

    public Task<ToolResult> InHub(IReadOnlyList<string> command, string? input = null, TimeSpan? deadline = null) =>
        Tool.Run("nsenter", [$"--net=/run/netns/{Hub}", .. command], input, deadline);

    /// <summary>All nodes reach out, and nobody reaches them: as behind a home router or a mobile network.</summary>
    public Task CloseDoors() => Task.WhenAll(_nodes.Select(node => node.CloseDoor()));

    public Task OpenDoors() => Task.WhenAll(_nodes.Select(node => node.OpenDoor()));

    public async Task StartServer()
    {
        Server.Start();
        await Explain(Tool.Until(TimeSpan.FromSeconds(30), "the server is ready", async () =>
            File.Exists(Kubeconfig) && (await Kubectl.Try("get", "--raw", "/readyz")).ExitCode == 0), Server);
    }

    /// <summary>The broker's process, which the server starts and which lives on without it.</summary>
    public int BrokerPid() => Machine.ProcessesNaming(Home + "/").First(pid =>
        File.ReadAllText($"/proc/{pid}/comm").Trim() == "mosquitto");

    /// <summary>A fleet that does not come up shows the logs that tell why.</summary>
    private static async Task Explain(Task step, params Daemon[] daemons)
    {
        try
        {
            await step;
        }
        catch (TimeoutException late)
        {
            var logs = daemons.Select(daemon =>
                $"--- {daemon.Log}, {(daemon.Running ? "runs" : "ended")}\n{daemon.Tail()}");
            throw new TimeoutException($"{late.Message}\n{string.Join('\n', logs)}", late);
        }
    }

    /// <summary>A person's machine must be as it was, also after tests that failed.</summary>
    private void AssertNothingLeft()
    {
        var left = Machine.ProcessesNaming(Home).Select(pid => $"process {pid}")
            .Concat(Machine.MountsUnder(Home).Select(target => $"mount {target}"))
            .Concat(Machine.Cgroups(Id).Select(path => $"cgroup {path}"))
            .Concat(Directory.EnumerateFiles("/run/netns", $"{Id}-*").Select(path => $"network {path}")).ToList();
        Assert.True(left.Count == 0, $"left behind: {string.Join(", ", left)}");
    }

    private async Task StartRegistry()
    {
        var storage = Path.Combine(Home, "registry");
        foreach (var image in TestImages.All)
        {
            image.Write(storage);
        }

        await File.WriteAllTextAsync(Path.Combine(Home, "registry.yml"), $$"""
            version: 0.1
            log: { level: warn }
            storage: { filesystem: { rootdirectory: {{storage}} } }
            http: { addr: "{{Registry}}" }
            """);
        _registry.Start();
        await Tool.Until(TimeSpan.FromSeconds(20), "the registry answers", async () =>
            (await InHub(["busybox", "wget", "-q", "-O", "-", $"http://{Registry}/v2/web/tags/list"])).ExitCode == 0);
    }

    private static string Binary(string variable, string project, string name) =>
        Environment.GetEnvironmentVariable(variable)
        ?? Path.Combine(Repository.Root, "artifacts", "publish", project, name);

    [GeneratedRegex(@"^token:\s*(\S+)", RegexOptions.Multiline)]
    private static partial Regex TokenLine();

    [GeneratedRegex(@"^caCertHash:\s*(\S+)", RegexOptions.Multiline)]
    private static partial Regex HashLine();
}

/// <summary>One fleet for all end-to-end tests, which therefore run one after another.</summary>
[CollectionDefinition(Name)]
public sealed class FleetTests : ICollectionFixture<Fleet>
{
    public const string Name = "fleet";
}
