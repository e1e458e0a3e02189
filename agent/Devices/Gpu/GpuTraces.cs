namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// What a machine without GPUs does not have. Looking for it costs a few microseconds and no process.
/// </summary>
internal static class GpuTraces
{
    private static readonly string[] s_driver =
        ["proc/driver/nvidia/version", "dev/nvidiactl", "dev/nvhost-gpu", "dev/nvgpu", "dev/dxg"];

    /// <summary>Whether there is anything that a look could find.</summary>
    public static bool Any(GpuSettings settings)
    {
        var tree = new SystemTree(settings.SystemRoot);
        return OfDriver(tree) || TegraProbe.IsTegra(tree)
            || DriverLibrary.PathOf(settings.DriverRoot, NvmlNative.Library) is not null;
    }

    /// <summary>A driver is loaded.</summary>
    public static bool OfDriver(SystemTree tree) => Array.Exists(s_driver, tree.Has);

    /// <summary>NVIDIA's display controllers on the PCI bus, whether or not a driver serves them.</summary>
    public static bool OfHardware(SystemTree tree)
    {
        const string vendor = "0x10de", display = "0x03";
        foreach (var device in tree.Names("sys/bus/pci/devices"))
        {
            var path = $"sys/bus/pci/devices/{device}";
            if (tree.Text($"{path}/vendor") == vendor
                && tree.Text($"{path}/class")?.StartsWith(display, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }

        return OfDriver(tree) || TegraProbe.IsTegra(tree);
    }
}
