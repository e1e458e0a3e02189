using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// Looks for what the driver has installed, in the directories that distributions use. Only what carries the version of
/// the loaded module is taken: a newer library beside it cannot talk to it.
/// </summary>
/// <param name="system">Devices, and what the system itself has.</param>
/// <param name="driver">Where the driver is installed.</param>
internal sealed class NvidiaFiles(HostTree system, HostTree driver)
{
    private const string Hook = "/usr/bin/nvidia-cdi-hook";
    private const string NvMap = "/dev/nvmap";
    private const string TegraLists = "/etc/nvidia-container-runtime/host-files-for-container.d";

    private static readonly string[] s_libraries =
    [
        "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib",
        "/usr/lib/x86_64-linux-gnu/nvidia/current", "/usr/lib/aarch64-linux-gnu/nvidia/current",
        "/usr/lib/x86_64-linux-gnu/vdpau", "/usr/lib/aarch64-linux-gnu/vdpau", "/usr/lib64/vdpau",
    ];

    private static readonly string[] s_programs =
    [
        "/usr/bin/nvidia-smi", "/usr/bin/nvidia-debugdump", "/usr/bin/nvidia-persistenced",
        "/usr/bin/nvidia-cuda-mps-control", "/usr/bin/nvidia-cuda-mps-server",
    ];

    private static readonly string[] s_sockets =
        ["/run/nvidia-persistenced/socket", "/run/nvidia-fabricmanager/socket"];

    private static readonly string[] s_control =
        ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"];

    private static readonly string[] s_firmware = ["/lib/firmware/nvidia", "/usr/lib/firmware/nvidia"];

    public CdiSpec SpecOf(GpuInventory gpus)
    {
        foreach (var device in gpus.Devices)
        {
            if (device.Uuid == GpuDevice.TegraId)
            {
                return TegraSpecPlan.For(TegraFiles(), NvMapGroup(), GpuDevice.TegraId, system.Prefix);
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
            DriverRoot = driver.Prefix,
            SystemRoot = system.Prefix,
            Version = version,
            Libraries = Libraries(version),
            Programs = driver.Existing(s_programs),
            Firmware = Firmware(version),
            Sockets = system.Existing(s_sockets),
            ControlNodes = system.Existing(s_control),
            DriNodes = dri,
            MigMinors = MigMinors.Read(system.Text("/proc/driver/nvidia-caps/mig-minors")),
            Hook = system.Has(Hook) ? Hook : null,
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
            foreach (var path in driver.Entries(directory, $"lib*.so.{version}"))
            {
                var links = new List<string>();
                // Its names begin as it does: libcuda.so.1 and libcuda.so lead to libcuda.so.570.86.15.
                foreach (var link in driver.Entries(
                    directory, $"{Path.GetFileName(path)[..^version.Length].TrimEnd('.')}*"))
                {
                    if (link != path && driver.TargetOf(link) == path)
                    {
                        links.Add(link);
                    }
                }

                libraries.Add(new DriverLibrary(path, links));
            }
        }

        return libraries;
    }

    private List<string> Firmware(string version)
    {
        var files = new List<string>();
        foreach (var directory in version.Length == 0 ? [] : s_firmware)
        {
            // On merged systems the second is the first.
            if (files.Count == 0)
            {
                files.AddRange(driver.Entries($"{directory}/{version}", "gsp*.bin"));
            }
        }

        return files;
    }

    private List<string> DriNodes(string bus)
    {
        var nodes = new List<string>();
        foreach (var entry in system.Entries($"/sys/bus/pci/devices/{bus}/drm", "*"))
        {
            var node = $"/dev/dri/{Path.GetFileName(entry)}";
            if (system.Has(node))
            {
                nodes.Add(node);
            }
        }

        return nodes;
    }

    private List<TegraFile> TegraFiles()
    {
        var files = new List<TegraFile>();
        foreach (var list in system.Entries(TegraLists, "*.csv"))
        {
            foreach (var (kind, pattern) in TegraSpecPlan.Lines(system.Text(list)))
            {
                var directory = Path.GetDirectoryName(pattern)!;
                foreach (var path in system.Entries(directory, Path.GetFileName(pattern)))
                {
                    if (!files.Exists(file => file.Path == path))
                    {
                        files.Add(new TegraFile(kind, path, kind == "sym" ? system.TargetOf(path) : null));
                    }
                }
            }
        }

        return files;
    }

    private uint? NvMapGroup() =>
        Libc.Stat(system.On(NvMap)) is { Gid: > 0 } stat && (stat.Permissions & 0b110) == 0 ? stat.Gid : null;
}
