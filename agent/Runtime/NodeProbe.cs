using System.Globalization;
using Edge.Agent.Runtime.Grpc;
using Edge.Agent.Runtime.Spec;
using Edge.Proto.Containerd.Introspection;
using Google.Protobuf.WellKnownTypes;

namespace Edge.Agent.Runtime;

/// <summary>Finds out what containerd and the kernel offer here.</summary>
internal static class NodeProbe
{
    private const string SnapshotterType = "io.containerd.snapshotter.v1";
    private const string ContentType = "io.containerd.content.v1";

    public static async Task<RuntimeFacts> Run(GrpcChannel channel, string snapshotter, CancellationToken token)
    {
        var version = await channel.Call(ContainerdApi.Version, new Empty(), token);
        var plugins = (await channel.Call(ContainerdApi.Plugins, new PluginsRequest(), token)).Plugins;
        var own = plugins.FirstOrDefault(plugin => plugin.Type == SnapshotterType && plugin.Id == snapshotter);
        var content = plugins.FirstOrDefault(plugin => plugin.Type == ContentType);
        var (mode, controllers) = Cgroups();
        return new RuntimeFacts
        {
            ContainerdVersion = version.Version,
            Snapshotter = snapshotter,
            SnapshotterError = own is null ? $"snapshotter {snapshotter} is not loaded"
                : own.InitErr is { Message.Length: > 0 } error ? error.Message : null,
            Cgroups = mode,
            CgroupControllers = controllers,
            Capabilities = CapabilityPlan.Names(ulong.Parse(Status("CapBnd"), NumberStyles.HexNumber)),
            OomScoreAdj = int.Parse(File.ReadAllText("/proc/self/oom_score_adj")),
            AppArmor = FirstByte("/sys/module/apparmor/parameters/enabled") == 'Y',
            Seccomp = Status("Seccomp").Length > 0,
            ContainerdRoot = content?.Exports.GetValueOrDefault("root", "") ?? "",
            SwapAccounting = mode == CgroupMode.V2
                ? File.Exists("/proc/swaps")
                : File.Exists("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"),
            NodeMemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };
    }

    private static (CgroupMode Mode, IReadOnlyList<string> Controllers) Cgroups()
    {
        const string unified = "/sys/fs/cgroup/cgroup.controllers";
        if (File.Exists(unified))
        {
            return (CgroupMode.V2, File.ReadAllText(unified).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        }

        var controllers = File.ReadLines("/proc/cgroups")
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t'))
            .Where(columns => columns is [_, var hierarchy, _, var enabled] && enabled == "1" && hierarchy != "0")
            .Select(columns => columns[0])
            .ToList();
        return (Directory.Exists("/sys/fs/cgroup/unified") ? CgroupMode.Hybrid : CgroupMode.V1, controllers);
    }

    private static string Status(string name) => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith($"{name}:", StringComparison.Ordinal))
        .Select(line => line[(name.Length + 1)..].Trim())
        .FirstOrDefault("");

    /// <summary>
    /// A space where there is no such file. A kernel's file says that it is a page long, and whoever wants that much
    /// meets its end.
    /// </summary>
    internal static char FirstByte(string path)
    {
        if (!File.Exists(path))
        {
            return ' ';
        }

        using var file = File.OpenRead(path);
        return file.ReadByte() is var first and >= 0 ? (char)first : ' ';
    }
}
