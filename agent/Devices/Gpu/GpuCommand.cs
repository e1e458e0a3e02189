using System.CommandLine;
using System.Globalization;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// <c>edge-agent probe</c>: what the agent sees of GPUs, for a person. Needs neither agent nor server.
/// </summary>
internal static class GpuCommand
{
    private static readonly string[] s_header =
        ["GPU", "UUID", "PRODUCT", "MEMORY", "USED", "LOAD", "TEMP", "POWER", "COMPUTE", "BUS", "HEALTH"];

    /// <param name="output">Where it prints.</param>
    /// <param name="settings">The agent's own, unless the command line says otherwise.</param>
    /// <param name="clock">Ends a look that hangs.</param>
    public static Command Probe(TextWriter output, Func<GpuSettings> settings, TimeProvider clock)
    {
        var form = new Option<string?>("--output", "-o") { Description = "json, for all there is" };
        form.AcceptOnlyFromAmong("json");
        var driver = new Option<string?>("--nvidia-driver-root") { Description = "where the driver's libraries are" };
        var system = new Option<string?>("--system-root") { Description = "where /proc, /sys and /etc are" };
        var command = new Command("probe", "Shows the GPUs of this machine.") { form, driver, system };
        command.SetAction(async (parsed, stop) =>
        {
            var own = settings();
            own = own with
            {
                DriverRoot = parsed.GetValue(driver) ?? own.DriverRoot,
                SystemRoot = parsed.GetValue(system) ?? own.SystemRoot,
            };
            var gpus = await new GpuProbe(own, clock).Look(withCuda: true, stop);
            if (parsed.GetValue(form) is not null)
            {
                output.WriteLine(Encoding.UTF8.GetString(GpuJson.Bytes(gpus, readings: true, indented: true)));
                return 0;
            }

            foreach (var line in Lines(gpus))
            {
                output.WriteLine(line);
            }

            return 0;
        });
        return command;
    }

    /// <summary>Pure.</summary>
    public static IEnumerable<string> Lines(GpuInventory gpus)
    {
        if (gpus.Problem is { } problem)
        {
            yield return $"{problem.Reason}: {problem.Message}";
        }

        if (gpus.Devices.Count == 0)
        {
            yield return "No GPUs.";
            yield break;
        }

        yield return $"{gpus.Machine ?? "unknown machine"}, driver {gpus.Driver ?? "-"}, CUDA {gpus.Cuda ?? "-"}";
        yield return "";
        var rows = new List<string[]> { s_header };
        foreach (var device in gpus.Devices)
        {
            rows.Add(Row(device));
            foreach (var mig in device.Instances)
            {
                rows.Add(
                [
                    $"{device.Index}/{mig.GpuInstance}/{mig.ComputeInstance}", mig.Uuid, $"MIG {mig.Profile}",
                    Size(mig.MemoryBytes), "", "", "", "", "", "", "",
                ]);
            }
        }

        foreach (var line in TextTable.Lines(rows))
        {
            yield return line;
        }

        if (gpus.Devices.Count > 1)
        {
            yield return "";
            foreach (var line in TextTable.Lines(Matrix(gpus.Devices)))
            {
                yield return line;
            }
        }
    }

    private static string[] Row(GpuDevice device)
    {
        var now = device.Readings ?? new GpuReadings();
        return
        [
            Number(device.Index), device.Uuid, device.Product ?? "-", Size(device.MemoryBytes),
            Size(now.MemoryUsedBytes), With(now.Load, "%"), With(now.Celsius, "C"), With(now.Milliwatts / 1000, "W"),
            device.Compute ?? "-", device.Bus ?? "-", device.Unhealthy ?? "healthy",
        ];
    }

    /// <summary>The words of <c>nvidia-smi topo -m</c>.</summary>
    private static List<string[]> Matrix(IReadOnlyList<GpuDevice> devices)
    {
        var header = new List<string> { "" };
        var rows = new List<string[]>();
        for (var one = 0; one < devices.Count; one++)
        {
            header.Add($"GPU{devices[one].Index}");
            var row = new List<string> { $"GPU{devices[one].Index}" };
            for (var other = 0; other < devices.Count; other++)
            {
                row.Add(one == other ? "X" : Between(devices[one], other));
            }

            rows.Add([.. row]);
        }

        rows.Insert(0, [.. header]);
        return rows;
    }

    private static string Between(GpuDevice device, int other) =>
        other < device.NvLinks.Count && device.NvLinks[other] > 0 ? $"NV{device.NvLinks[other]}"
        : other < device.Distances.Count ? device.Distances[other] switch
        {
            0 => "INT",
            10 => "PIX",
            20 => "PXB",
            30 => "PHB",
            40 => "NODE",
            50 => "SYS",
            _ => "-",
        }
        : "-";

    private static string Size(long? bytes) => bytes is { } known ? $"{known >> 20} MiB" : "-";

    private static string With(long? value, string unit) => value is { } known ? Number(known) + unit : "-";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
