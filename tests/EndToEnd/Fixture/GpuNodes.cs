using Edge.Tests.Support.Gpu;

namespace Edge.Tests.EndToEnd.Fixture;

/// <summary>
/// Two machines with GPUs of the stub beside the fleet's own, which have none: one with two whole GPUs, one with a
/// whole GPU and one in two parts. Their device nodes are character devices without a driver behind them: whoever may
/// open one is told that there is no such device (ENXIO), whoever may not, that it is not permitted (EPERM).
/// </summary>
public sealed class GpuNodes(Fleet fleet) : IAsyncLifetime
{
    public const string Gpu = "nvidia.com/gpu";
    public const string Part = "nvidia.com/mig-1g.10gb";

    /// <summary>NVIDIA's own number.</summary>
    private const int GpuMajor = 195;

    /// <summary>For local use; NVIDIA's is another after each boot.</summary>
    private const int AccessMajor = 60;

    /// <summary>By what the kernel calls them.</summary>
    private static readonly string[] s_every =
    [
        $"{GpuMajor} 0", $"{GpuMajor} 1", $"{GpuMajor} 255", $"{AccessMajor} 3", $"{AccessMajor} 4",
        $"{AccessMajor} 5", $"{AccessMajor} 6",
    ];

    /// <summary>Two whole GPUs.</summary>
    public StubGpus WholeMachine { get; } = new() { Fixture = StubGpus.Machine(2) };

    /// <summary>GPU 1 is in two parts.</summary>
    public StubGpus PartedMachine { get; } = new()
    {
        Fixture = StubGpus.Gpu(0).Replace(StubGpus.Uuid(0), UuidOf(0)) + StubGpus.Gpu(1, $"""
            instance {PartOf(0)} 0 1 0 1 1 9856
            instance {PartOf(1)} 1 2 0 1 1 9856
            """).Replace(StubGpus.Uuid(1), UuidOf(1)).Replace("mig 0 7", "mig 1 7"),
    };

    public FleetNode Whole { get; private set; } = null!;

    public FleetNode Parted { get; private set; } = null!;

    /// <summary>Of the machine with parts.</summary>
    public static string UuidOf(int index) => $"GPU-a000000{index}-1111-2222-3333-444444444444";

    public static string PartOf(int index) => $"MIG-b000000{index}-1111-2222-3333-444444444444";

    public async Task InitializeAsync()
    {
        if (Parts.Missing() is not null)
        {
            return;
        }

        foreach (var machine in (StubGpus[])[WholeMachine, PartedMachine])
        {
            await MakeNode(machine, "nvidia0", GpuMajor, 0);
            await MakeNode(machine, "nvidia1", GpuMajor, 1);
            await MakeNode(machine, "nvidiactl", GpuMajor, 255);
        }

        PartedMachine.Put("proc/driver/nvidia-caps/mig-minors", """
            config 1
            monitor 2
            gpu1/gi1/access 3
            gpu1/gi1/ci0/access 4
            gpu1/gi2/access 5
            gpu1/gi2/ci0/access 6
            """);
        foreach (var minor in Enumerable.Range(3, 4))
        {
            await MakeNode(PartedMachine, $"nvidia-caps/nvidia-cap{minor}", AccessMajor, minor);
        }

        (Whole, Parted) = (await Add(8, WholeMachine), await Add(9, PartedMachine));
        foreach (var node in (FleetNode[])[Whole, Parted])
        {
            await fleet.Kubectl.UntilNodeReady(node.Name);
        }
    }

    public async Task DisposeAsync()
    {
        if (Parts.Missing() is null)
        {
            await fleet.RemoveNode(Whole);
            await fleet.RemoveNode(Parted);
        }

        WholeMachine.Dispose();
        PartedMachine.Dispose();
    }

    /// <summary>The machine has a device node, or has it again.</summary>
    public static async Task MakeNode(StubGpus machine, string name, int major, int minor)
    {
        var path = Path.Combine(machine.Root, "dev", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        (await Tool.Run("mknod", "-m", "666", path, "c", $"{major}", $"{minor}")).Ok();
    }

    /// <summary>Of all pods that are made here.</summary>
    public const string Label = "devices=given";

    /// <summary>A pod that runs and has so much of a resource; none of it for 0.</summary>
    public static string Pod(string name, int count, string resource = Gpu, string node = "") =>
        Manifests.Idle(name)
            .Replace("  labels:\n", "  labels:\n    devices: given\n")
            .Replace("\nspec:\n", node.Length == 0
                ? "\nspec:\n"
                : $"\nspec:\n  nodeSelector: {{ kubernetes.io/hostname: {node} }}\n")
        + (count == 0 ? "" : $"\n      resources: {{ limits: {{ {resource}: {count} }} }}");

    /// <summary>What a pod has been given, from its own annotation; empty for nothing.</summary>
    public async Task<IReadOnlyList<string>> Given(string pod)
    {
        var annotation = await fleet.Kubectl.Field($"pod/{pod}", ".metadata.annotations.edge/devices");
        return [.. annotation.Split('"').Where(word => word.StartsWith("GPU-") || word.StartsWith("MIG-"))];
    }

    /// <summary>
    /// What a pod's container sees, and what of all there is it may open, also by nodes that it makes.
    /// </summary>
    public async Task<DeviceSight> Look(string pod)
    {
        var look = $$"""
            echo "visible ${NVIDIA_VISIBLE_DEVICES-unset}"
            for node in /dev/nvidia* /dev/nvidia-caps/*; do test -c $node && echo "node $node"; done
            for number in {{string.Join(' ', s_every.Select(device => $"'{device}'"))}}; do
              busybox rm -f /tmp/made; busybox mknod /tmp/made c $number || echo "unmade $number"
              (: < /tmp/made) 2>&1 | busybox grep -q 'not permitted' || echo "open $number"
            done
            for node in /dev/nvidia* /dev/nvidia-caps/*; do
              test -c $node && (: < $node) 2>&1 | busybox grep -q 'not permitted' && echo "closed $node"
            done
            true
            """;
        var lines = (await fleet.Kubectl.Do("exec", pod, "--", "sh", "-c", look)).Split('\n');
        return new DeviceSight(
            Told("visible").Single(), string.Join(' ', Told("node")), string.Join(", ", Told("open")),
            string.Join(' ', Told("closed")));

        IEnumerable<string> Told(string word) =>
            lines.Where(line => line.StartsWith($"{word} ")).Select(line => line[(word.Length + 1)..].TrimEnd('\r'));
    }

    /// <summary>The machine with parts begins with all its GPUs well.</summary>
    public async Task MendParted()
    {
        PartedMachine.ForgetEvents();
        await Parted.Agent.Stop();
        File.Delete(Path.Combine(Parted.Run, "agent", "gpus.json"));
        Parted.Agent.Start();
        await fleet.Kubectl.Until(
            $"node/{Parted.Name}", ".status.allocatable.nvidia\\.com/gpu", "1", TimeSpan.FromSeconds(60));
    }

    private async Task<FleetNode> Add(int index, StubGpus machine)
    {
        var node = await fleet.AddNode(index, new NodeExtras(
            [], ["--nvidia-driver-root", machine.Root, "--system-root", machine.Root, "--gpu-restart-xid", "94"]));
        await node.PowerOn(connected: true);
        return node;
    }
}

/// <summary>
/// The variable of legacy runtimes, the device nodes that are there, the device numbers that can be opened, and nodes
/// that are there and cannot.
/// </summary>
public sealed record DeviceSight(string Visible, string Nodes, string Open, string Closed);
