using Edge.Agent.Network;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Network;

/// <summary>
/// One node: a network namespace, a run directory and the sandboxes of an agent that can be restarted.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    public const string PodCidr = "10.64.7.0/24";

    private TestNode(NetworkSettings settings)
    {
        Settings = settings;
        Network = new SandboxNetwork(settings, TimeProvider.System, NullLogger.Instance);
    }

    public NetworkSettings Settings { get; }

    public SandboxNetwork Network { get; private set; }

    /// <summary>Runs a test on a new node and takes down what it leaves.</summary>
    public static Task Run(Func<TestNode, Task> test, Func<NetworkSettings, NetworkSettings>? change = null)
    {
        Skip.IfNot(NodeNetns.Allowed, "namespaces need root");
        Skip.IfNot(File.Exists("/usr/lib/cni/ptp"), "the CNI plugins are not installed (containernetworking-plugins)");
        Skip.IfNot(File.Exists("/usr/sbin/nft"), "nft is not installed (nftables)");
        return NodeNetns.Run(async () =>
        {
            var settings = new NetworkSettings { RunDir = Directory.CreateTempSubdirectory("edge-network-").FullName };
            await using var node = new TestNode(change is null ? settings : change(settings));
            await NodeNetns.Shell("ip link set lo up");
            await node.Network.Start(default);
            await test(node);
        });
    }

    public SandboxRequest Request(string uid) => new()
    {
        Uid = uid,
        Name = "web-0",
        Namespace = "default",
        Hostname = "web-0",
        PodCidr = PodCidr,
    };

    public Task<Sandbox> Create(string uid) => Create(Request(uid));

    public async Task<Sandbox> Create(SandboxRequest request)
    {
        var result = await Network.Create(request, default);
        return result is SandboxResult.Ready ready ? ready.Sandbox : throw new InvalidOperationException($"{result}");
    }

    public async Task<SandboxResult.Failed> Refused(SandboxRequest request) =>
        Assert.IsType<SandboxResult.Failed>(await Network.Create(request, default));

    public Task<string> InPod(Sandbox sandbox, string command) =>
        NodeNetns.Shell($"nsenter --net={sandbox.NetPath} {command}");

    public async Task RestartAgent()
    {
        Network.Dispose();
        Network = new SandboxNetwork(Settings, TimeProvider.System, NullLogger.Instance);
        await Network.Start(default);
    }

    /// <summary>Everything under the run directory is gone and so are the namespaces, as after a power cut.</summary>
    public async Task Reboot()
    {
        Network.Dispose();
        UnmountAll();
        Directory.Delete(Settings.RunDir, recursive: true);
        Directory.CreateDirectory(Settings.RunDir);
        Network = new SandboxNetwork(Settings, TimeProvider.System, NullLogger.Instance);
        await Network.Start(default);
    }

    public string RecordPath(string uid) => Path.Combine(Settings.RunDir, "sandboxes", uid, "sandbox.json");

    public IReadOnlyList<string> AddressesHeld() =>
        [.. Directory.EnumerateFiles(Path.Combine(Settings.RunDir, "cni", "addresses", "edge"), "10.*")
            .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public ValueTask DisposeAsync()
    {
        Network.Dispose();
        UnmountAll();
        Directory.Delete(Settings.RunDir, recursive: true);
        return ValueTask.CompletedTask;
    }

    private void UnmountAll()
    {
        foreach (var mount in MountTable.Read().Reverse()
            .Where(mount => mount.Target.StartsWith(Settings.RunDir, StringComparison.Ordinal)))
        {
            NamespacePins.Unmount(mount.Target);
        }
    }
}
