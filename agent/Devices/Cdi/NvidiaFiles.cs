using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// Looks for what the driver has installed, in the directories that distributions use. Only what carries the version of
/// the loaded module is taken: a newer library beside it cannot talk to it.
/// </summary>
/// <param name="root">Of the host's files; another one for tests.</param>
internal sealed class NvidiaFiles(string root)
{
    private const string NvMap = "dev/nvmap";
    private const string TegraLists = "etc/nvidia-container-runtime/host-files-for-container.d";

    private static readonly string[] s_libraries =
    [
        "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib64", "usr/lib",
        "usr/lib/x86_64-linux-gnu/nvidia/current", "usr/lib/aarch64-linux-gnu/nvidia/current",
        "usr/lib/x86_64-linux-gnu/vdpau", "usr/lib/aarch64-linux-gnu/vdpau", "usr/lib64/vdpau",
    ];

    private static readonly string[] s_programs =
    [
        "usr/bin/nvidia-smi", "usr/bin/nvidia-debugdump", "usr/bin/nvidia-persistenced",
        "usr/bin/nvidia-cuda-mps-control", "usr/bin/nvidia-cuda-mps-server",
    ];

    private static readonly string[] s_sockets =
        ["run/nvidia-persistenced/socket", "run/nvidia-fabricmanager/socket"];

    private static readonly string[] s_control =
        ["dev/nvidiactl", "dev/nvidia-uvm", "dev/nvidia-uvm-tools", "dev/nvidia-modeset"];

    private static readonly string[] s_firmware = ["lib/firmware/nvidia", "usr/lib/firmware/nvidia"];

    public CdiSpec SpecOf(GpuInventory gpus)
    {
        foreach (var device in gpus.Devices)
        {
            if (device.Uuid == GpuDevice.TegraId)
            {
                return TegraSpecPlan.For(TegraFiles(), NvMapGroup(), GpuDevice.TegraId);
            }
        }

        return NvidiaSpecPlan.For(Driver(gpus), [.. gpus.Devices.Select(Gpu)]);
    }

    private NvidiaDriver Driver(GpuInventory gpus)
    {
        var version = gpus.Driver ?? "";
        var dri = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var device in gpus.Devices)
        {
            if (device.Bus is { } bus)
            {
                dri[bus] = DriNodes(bus);
            }
        }

        return new NvidiaDriver
        {
            Version = version,
            Libraries = Libraries(version),
            Programs = Existing(s_programs),
            Firmware = Firmware(version),
            Sockets = Existing(s_sockets),
            ControlNodes = Existing(s_control),
            DriNodes = dri,
            MigMinors = MigMinors.Read(
                File.Exists(On("proc/driver/nvidia-caps/mig-minors"))
                    ? File.ReadAllText(On("proc/driver/nvidia-caps/mig-minors"))
                    : ""),
            Hook = File.Exists(On("usr/bin/nvidia-cdi-hook")) ? "/usr/bin/nvidia-cdi-hook" : null,
        };
    }

    private static NvidiaGpu Gpu(GpuDevice device)
    {
        var parts = new List<NvidiaMigDevice>();
        foreach (var part in device.Instances)
        {
            parts.Add(new NvidiaMigDevice(parts.Count, part.Uuid, part.GpuInstance, part.ComputeInstance));
        }

        return new NvidiaGpu(device.Index, device.Uuid, device.Minor ?? device.Index, device.Bus, parts);
    }

    private List<DriverLibrary> Libraries(string version)
    {
        var libraries = new List<DriverLibrary>();
        foreach (var directory in version.Length == 0 ? [] : s_libraries)
        {
            foreach (var path in Entries(directory, $"lib*.so.{version}"))
            {
                var links = new List<string>();
                // Its names begin as it does: libcuda.so.1 and libcuda.so lead to libcuda.so.570.86.15.
                foreach (var link in Entries(directory, $"{Path.GetFileName(path)[..^version.Length].TrimEnd('.')}*"))
                {
                    if (link != path && LeadsTo(link, path))
                    {
                        links.Add(link);
                    }
                }

                libraries.Add(new DriverLibrary(path, links));
            }
        }

        return libraries;
    }

    private bool LeadsTo(string link, string path) =>
        File.ResolveLinkTarget(On(link[1..]), returnFinalTarget: true)?.FullName == Path.GetFullPath(On(path[1..]));

    private List<string> Firmware(string version)
    {
        var files = new List<string>();
        foreach (var directory in version.Length == 0 ? [] : s_firmware)
        {
            // On merged systems the second is the first.
            if (files.Count == 0)
            {
                files.AddRange(Entries($"{directory}/{version}", "gsp*.bin"));
            }
        }

        return files;
    }

    private List<string> DriNodes(string bus)
    {
        var nodes = new List<string>();
        foreach (var entry in Entries($"sys/bus/pci/devices/{bus}/drm", "*"))
        {
            var node = $"dev/dri/{Path.GetFileName(entry)}";
            if (File.Exists(On(node)))
            {
                nodes.Add($"/{node}");
            }
        }

        return nodes;
    }

    private List<TegraFile> TegraFiles()
    {
        var files = new List<TegraFile>();
        foreach (var list in Entries(TegraLists, "*.csv"))
        {
            foreach (var (kind, pattern) in TegraSpecPlan.Lines(File.ReadAllText(On(list[1..]))))
            {
                var directory = Path.GetDirectoryName(pattern)![1..];
                foreach (var path in Entries(directory, Path.GetFileName(pattern)))
                {
                    if (!files.Exists(file => file.Path == path))
                    {
                        files.Add(new TegraFile(kind, path, kind == "sym" ? TargetOf(path) : null));
                    }
                }
            }
        }

        return files;
    }

    /// <summary>As the host calls it; null for what is no link, or leads out of the root that tests give.</summary>
    private string? TargetOf(string path)
    {
        var top = Path.GetFullPath(root).TrimEnd('/');
        return File.ResolveLinkTarget(On(path[1..]), returnFinalTarget: true)?.FullName is { } target
            && target.StartsWith($"{top}/", StringComparison.Ordinal) ? target[top.Length..] : null;
    }

    private uint? NvMapGroup() =>
        Libc.Stat(On(NvMap)) is { Gid: > 0 } stat && (stat.Permissions & 0b110) == 0 ? stat.Gid : null;

    private List<string> Existing(string[] paths)
    {
        var existing = new List<string>();
        foreach (var path in paths)
        {
            if (File.Exists(On(path)))
            {
                existing.Add($"/{path}");
            }
        }

        return existing;
    }

    /// <summary>
    /// The entries of a directory as the host calls them, in order; none when there is no such directory.
    /// </summary>
    private List<string> Entries(string directory, string pattern)
    {
        var paths = new List<string>();
        if (Directory.Exists(On(directory)))
        {
            foreach (var entry in Directory.GetFileSystemEntries(On(directory), pattern))
            {
                paths.Add($"/{directory}/{Path.GetFileName(entry)}");
            }
        }

        paths.Sort(StringComparer.Ordinal);
        return paths;
    }

    private string On(string path) => Path.Combine(root, path);
}
