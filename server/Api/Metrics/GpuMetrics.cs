using System.Globalization;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Server.Api.Metrics;

/// <summary>The container that has a whole GPU.</summary>
internal sealed record GpuHolder(string Namespace, string Pod, string Container);

/// <summary>
/// What GPUs say, by DCGM's names and dcgm-exporter's labels and units, in Prometheus' text: dashboards that are made
/// for it show it. What a GPU does not say is left out, never 0. Pure.
/// </summary>
internal static class GpuMetrics
{
    private const int BytesOfMebibyte = 20;
    private const decimal MilliwattsOfWatt = 1000;

    private static readonly (string Name, string Type, string Help, Func<GpuReadings, decimal?> Value)[] s_all =
    [
        ("SM_CLOCK", "gauge", "Clock of the multiprocessors in MHz.", now => now.SmMegahertz),
        ("MEM_CLOCK", "gauge", "Clock of the memory in MHz.", now => now.MemoryMegahertz),
        ("MEMORY_TEMP", "gauge", "Temperature of the memory in C.", now => now.MemoryCelsius),
        ("GPU_TEMP", "gauge", "Temperature of the GPU in C.", now => now.Celsius),
        ("POWER_USAGE", "gauge", "Power in W.", now => now.Milliwatts / MilliwattsOfWatt),
        ("TOTAL_ENERGY_CONSUMPTION", "counter", "Energy since boot in mJ.", now => now.Millijoules),
        ("PCIE_REPLAY_COUNTER", "counter", "Messages on PCIe that were sent again.", now => now.BusReplays),
        ("GPU_UTIL", "gauge", "Time in which a kernel ran, in percent.", now => now.Load),
        ("MEM_COPY_UTIL", "gauge", "Time in which memory was used, in percent.", now => now.MemoryLoad),
        ("ENC_UTIL", "gauge", "Time in which video was encoded, in percent.", now => now.EncoderLoad),
        ("DEC_UTIL", "gauge", "Time in which video was decoded, in percent.", now => now.DecoderLoad),
        ("XID_ERRORS", "gauge", "The last XID that was heard.", now => now.Xid),
        ("FB_FREE", "gauge", "Memory that is free, in MiB.", now => Mebibytes(now.MemoryFreeBytes)),
        ("FB_USED", "gauge", "Memory in use, in MiB.", now => Mebibytes(now.MemoryUsedBytes)),
        ("FB_RESERVED", "gauge", "Memory that the driver keeps, in MiB.", now => Mebibytes(now.MemoryReservedBytes)),
        ("UNCORRECTABLE_REMAPPED_ROWS", "counter", "Rows of memory given up after errors.",
            now => now.UncorrectedRows),
        ("CORRECTABLE_REMAPPED_ROWS", "counter", "Rows of memory given up after errors that were corrected.",
            now => now.CorrectedRows),
        ("ROW_REMAP_FAILURE", "gauge", "1 where a row of memory could not be given up.", now => now.FailedRows),
    ];

    /// <param name="text">They are added to it.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="gpus">What its GPUs say.</param>
    /// <param name="holders">By GPU, who alone has all of it.</param>
    public static void Write(
        StringBuilder text, string node, GpuInventory gpus, IReadOnlyDictionary<string, GpuHolder> holders)
    {
        foreach (var (name, type, help, value) in s_all)
        {
            var isFirst = true;
            foreach (var device in gpus.Devices)
            {
                if (device.Readings is not { } now || value(now) is not { } amount)
                {
                    continue;
                }

                if (isFirst)
                {
                    text.Append(
                        CultureInfo.InvariantCulture,
                        $"# HELP DCGM_FI_DEV_{name} {help}\n# TYPE DCGM_FI_DEV_{name} {type}\n");
                    isFirst = false;
                }

                text.Append(CultureInfo.InvariantCulture, $"DCGM_FI_DEV_{name}{{gpu=\"{device.Index}\"");
                Label(text, "UUID", device.Uuid);
                Label(text, "pci_bus_id", device.Bus is { } bus ? BusOf(bus) : null);
                Label(text, "device", device.Minor is { } minor ? $"nvidia{minor}" : null);
                Label(text, "modelName", device.Product);
                Label(text, "Hostname", node);
                Label(text, "DCGM_FI_DRIVER_VERSION", gpus.Driver);
                if (holders.TryGetValue(device.Uuid, out var holder))
                {
                    Label(text, "container", holder.Container);
                    Label(text, "namespace", holder.Namespace);
                    Label(text, "pod", holder.Pod);
                }

                text.Append(CultureInfo.InvariantCulture, $"}} {amount}\n");
            }
        }
    }

    private static decimal? Mebibytes(long? bytes) => bytes >> BytesOfMebibyte;

    /// <summary>NVML's domain has eight digits where the kernel's has four.</summary>
    private static string BusOf(string kernels)
    {
        const int kernelDomain = 4;
        var capital = kernels.ToUpperInvariant();
        return capital.IndexOf(':', StringComparison.Ordinal) == kernelDomain ? "0000" + capital : capital;
    }

    private static void Label(StringBuilder text, string name, string? value)
    {
        if (value is null)
        {
            return;
        }

        text.Append(',').Append(name).Append("=\"");
        foreach (var letter in value)
        {
            text.Append(letter switch
            {
                '\\' => "\\\\",
                '"' => "\\\"",
                '\n' => "\\n",
                _ => letter.ToString(),
            });
        }

        text.Append('"');
    }
}
