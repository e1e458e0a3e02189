using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// The GPU of a Jetson from the kernel's files. NVML there says at most its name, so what it says is only added. Its
/// memory is the system's.
/// </summary>
internal static class TegraProbe
{
    /// <summary>Chip, its GPU's name as CUDA has it, and its compute capability.</summary>
    private static readonly (string Chip, string Product, string Compute)[] s_chips =
    [
        ("tegra264", "NVIDIA Thor", "11.0"),
        ("tegra234", "Orin", "8.7"),
        ("tegra194", "Xavier", "7.2"),
        ("tegra186", "NVIDIA Tegra X2", "6.2"),
        ("tegra210", "NVIDIA Tegra X1", "5.3"),
    ];

    /// <summary>What the GPU is called in the device trees: Xavier, TX2, Orin, Thor, Nano.</summary>
    private static readonly string[] s_frequencyNames = ["gv11b", "gp10b", "ga10b", "gb10b", "gpu"];

    /// <summary>Where older and newer releases tell the load.</summary>
    private static readonly string[] s_loads = ["sys/devices/gpu.0/load", "sys/devices/platform/gpu.0/load"];

    public static bool IsTegra(SystemTree tree) =>
        tree.Has("etc/nv_tegra_release")
        || tree.Text("sys/devices/soc0/family")?.StartsWith("tegra", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>
    /// The inventory with the chip's own GPU in place of what NVML says of it; a Jetson may have others beside it.
    /// </summary>
    public static GpuInventory Apply(GpuInventory gpus, SystemTree tree)
    {
        var devices = new List<GpuDevice>(gpus.Devices);
        var at = devices.FindIndex(IsOfTheChip);
        var nvml = at < 0 ? new GpuDevice { Index = devices.Count } : devices[at];
        var own = Device(nvml, tree);
        if (at < 0)
        {
            devices.Add(own);
        }
        else
        {
            devices[at] = own;
        }

        return gpus with
        {
            Machine = tree.Text("proc/device-tree/model") ?? gpus.Machine,
            Devices = devices,
            // Before Orin there is no NVML to fail.
            Problem = devices.Count == 1 ? null : gpus.Problem,
        };
    }

    /// <summary>NVIDIA's own toolkit tells it so: it is on no bus, or has one of these names.</summary>
    private static bool IsOfTheChip(GpuDevice device) =>
        device.Unhealthy is null
        && (device.Bus is null || device.Product is "NVIDIA Thor"
            || device.Product?.Contains("nvgpu", StringComparison.Ordinal) == true);

    private static GpuDevice Device(GpuDevice nvml, SystemTree tree)
    {
        var compatible = tree.Text("proc/device-tree/compatible") ?? "";
        (string Chip, string? Product, string? Compute) chip = ("", nvml.Product, nvml.Compute);
        foreach (var known in s_chips)
        {
            if (compatible.Contains(known.Chip, StringComparison.Ordinal))
            {
                chip = known;
            }
        }

        var (total, free) = (Memory(tree, "MemTotal"), Memory(tree, "MemAvailable"));
        var now = nvml.Readings ?? new GpuReadings();
        return nvml with
        {
            Uuid = GpuDevice.TegraId,
            Product = chip.Product,
            Compute = chip.Compute,
            SharesMemory = true,
            MemoryBytes = total,
            Readings = now with
            {
                MemoryUsedBytes = total - free,
                MemoryFreeBytes = free,
                Load = now.Load ?? Load(tree),
                Celsius = now.Celsius ?? Celsius(tree),
                Milliwatts = now.Milliwatts ?? Milliwatts(tree),
                SmMegahertz = now.SmMegahertz ?? Megahertz(tree),
            },
        };
    }

    private static long? Memory(SystemTree tree, string name)
    {
        foreach (var line in (tree.Text("proc/meminfo") ?? "").Split('\n'))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal)
                && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kibibytes, ..]
                && long.TryParse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture, out var amount))
            {
                return amount * 1024;
            }
        }

        return null;
    }

    /// <summary>Told per mille.</summary>
    private static int? Load(SystemTree tree)
    {
        const int perMilleOfPercent = 10;
        foreach (var name in Frequencies(tree))
        {
            if (tree.Number($"sys/class/devfreq/{name}/device/load") is { } load)
            {
                return (int)load / perMilleOfPercent;
            }
        }

        foreach (var path in s_loads)
        {
            if (tree.Number(path) is { } load)
            {
                return (int)load / perMilleOfPercent;
            }
        }

        return null;
    }

    private static int? Megahertz(SystemTree tree)
    {
        const long hertz = 1_000_000;
        foreach (var name in Frequencies(tree))
        {
            if (tree.Number($"sys/class/devfreq/{name}/cur_freq") is { } frequency)
            {
                return (int)(frequency / hertz);
            }
        }

        return null;
    }

    /// <summary>What of the chip's frequencies are the GPU's.</summary>
    private static List<string> Frequencies(SystemTree tree)
    {
        var own = new List<string>();
        foreach (var name in tree.Names("sys/class/devfreq"))
        {
            var node = tree.Text($"sys/class/devfreq/{name}/device/of_node/name");
            if (Array.IndexOf(s_frequencyNames, node) >= 0 || name.StartsWith("gpu-gpc-", StringComparison.Ordinal))
            {
                own.Add(name);
            }
        }

        return own;
    }

    private static int? Celsius(SystemTree tree)
    {
        const int milli = 1000;
        int? junction = null;
        foreach (var zone in tree.Names("sys/class/thermal"))
        {
            var type = tree.Text($"sys/class/thermal/{zone}/type")?.ToLowerInvariant();
            if (type is "gpu-thermal" or "gpu-therm" or "tj-thermal"
                && tree.Number($"sys/class/thermal/{zone}/temp") is { } temperature)
            {
                if (type is not "tj-thermal")
                {
                    return (int)(temperature / milli);
                }

                junction = (int)(temperature / milli);
            }
        }

        return junction;
    }

    /// <summary>Of the rail that feeds the GPU, measured by an INA3221: millivolts times milliamperes.</summary>
    private static long? Milliwatts(SystemTree tree)
    {
        const int rails = 3, milli = 1000;
        foreach (var monitor in tree.Names("sys/class/hwmon"))
        {
            var path = $"sys/class/hwmon/{monitor}";
            for (var rail = 1; tree.Text($"{path}/name") == "ina3221" && rail <= rails; rail++)
            {
                if (tree.Text($"{path}/in{rail}_label")?.Contains("GPU", StringComparison.Ordinal) == true
                    && tree.Number($"{path}/in{rail}_input") is { } volts
                    && tree.Number($"{path}/curr{rail}_input") is { } amperes)
                {
                    return volts * amperes / milli;
                }
            }
        }

        return null;
    }
}
