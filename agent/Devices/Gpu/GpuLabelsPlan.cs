using System.Globalization;
using System.Text;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// What a Node says of its GPUs: gpu-feature-discovery's labels and a condition. Pure.
/// </summary>
internal static class GpuLabelsPlan
{
    public const string ConditionType = "GPUProblem";

    /// <summary>Of a label's value.</summary>
    private const int ValueMax = 63;

    /// <summary>
    /// gpu-feature-discovery's labels. Without its timestamp, which would make each start a change; of several kinds of
    /// GPU the first counts, as there. What is not known has no label.
    /// </summary>
    public static void Label(GpuInventory gpus, Dictionary<string, string> labels)
    {
        if (gpus.Devices.Count == 0)
        {
            return;
        }

        Versions(gpus, labels);
        var first = Typical(gpus.Devices);
        var (capable, isVirtual) = (false, false);
        foreach (var device in gpus.Devices)
        {
            capable |= device.MigEnabled is not null;
            isVirtual |= device.IsVirtual;
        }

        var isShared = false;
        foreach (var offer in gpus.Offers)
        {
            isShared |= offer.Shares > 1;
        }

        labels["nvidia.com/gpu.machine"] = gpus.Machine is { Length: > 0 } machine ? Value(machine) : "unknown";
        labels["nvidia.com/mig.capable"] = capable ? "true" : "false";
        labels["nvidia.com/mps.capable"] = "false";
        labels["nvidia.com/vgpu.present"] = isVirtual ? "true" : "false";
        labels["nvidia.com/gpu.mode"] = Mode(gpus.Devices);
        labels["nvidia.com/gpu.sharing-strategy"] = isShared ? "time-slicing" : "none";
        if (first.Compute?.Split('.') is [var major, var minor])
        {
            labels["nvidia.com/gpu.compute.major"] = major;
            labels["nvidia.com/gpu.compute.minor"] = minor;
            labels["nvidia.com/gpu.family"] = Family(major, minor);
        }

        Resource(labels, GpuDevice.Gpu, gpus.Devices.Count, new Shown(first.Product, first.MemoryBytes)
        {
            // gpu-feature-discovery has none where what is shared, or not, is the parts.
            Shares = first.MigEnabled == true ? 0 : first.Shares ?? 1,
            IsRenamed = first.Resource is not null,
        });
        Parts(gpus, labels);
    }

    /// <summary>Of several kinds the first counts, and what is not partitioned goes first.</summary>
    private static GpuDevice Typical(IReadOnlyList<GpuDevice> devices)
    {
        foreach (var device in devices)
        {
            if (device.MigEnabled != true)
            {
                return device;
            }
        }

        return devices[0];
    }

    /// <summary>What labels say of the devices of a resource.</summary>
    private readonly record struct Shown(string? Product, long? MemoryBytes)
    {
        public int Shares { get; init; }
        public bool IsRenamed { get; init; }
    }

    private static void Resource(Dictionary<string, string> labels, string resource, int count, Shown shown)
    {
        labels[$"{resource}.count"] = Number(count);
        labels[$"{resource}.replicas"] = Number(shown.Shares);
        if (shown.Product is { Length: > 0 } product)
        {
            labels[$"{resource}.product"] = Value(
                shown.Shares > 1 && !shown.IsRenamed ? $"{product}-SHARED" : product);
        }

        if (shown.MemoryBytes is { } bytes)
        {
            labels[$"{resource}.memory"] = Number(bytes >> 20);
        }
    }

    /// <summary>
    /// With <c>single</c> the labels of whole GPUs tell of the parts, with <c>mixed</c> each profile has its own.
    /// </summary>
    private static void Parts(GpuInventory gpus, Dictionary<string, string> labels)
    {
        if (gpus.MigStrategy is not ("single" or "mixed"))
        {
            return;
        }

        labels["nvidia.com/mig.strategy"] = gpus.MigStrategy;
        var counts = new Dictionary<string, int>();
        foreach (var device in gpus.Devices)
        {
            foreach (var part in device.Instances)
            {
                var resource = gpus.MigStrategy == "single" ? GpuDevice.Gpu : MigInstance.ResourceOf(part.Profile);
                counts[resource] = counts.GetValueOrDefault(resource) + 1;
                var profile = part.Profile.Replace('+', '.');
                var product = device.Product is { Length: > 0 } whole ? $"{whole}-MIG-{profile}" : null;
                Resource(labels, resource, counts[resource], new Shown(product, part.MemoryBytes)
                {
                    Shares = part.Shares ?? 1,
                    IsRenamed = part.Resource is not null && part.Resource != resource,
                });
                Shape(labels, resource, part.Shape);
            }
        }
    }

    private static void Shape(Dictionary<string, string> labels, string resource, MigShape? shape)
    {
        if (shape is null)
        {
            return;
        }

        labels[$"{resource}.multiprocessors"] = Number(shape.Multiprocessors);
        labels[$"{resource}.slices.gi"] = Number(shape.GpuSlices);
        labels[$"{resource}.slices.ci"] = Number(shape.ComputeSlices);
        labels[$"{resource}.engines.copy"] = Number(shape.CopyEngines);
        labels[$"{resource}.engines.decoder"] = Number(shape.Decoders);
        labels[$"{resource}.engines.encoder"] = Number(shape.Encoders);
        labels[$"{resource}.engines.jpeg"] = Number(shape.JpegEngines);
        labels[$"{resource}.engines.ofa"] = Number(shape.OpticalFlowEngines);
    }

    /// <summary>
    /// The reason and message of <see cref="ConditionType"/>; null for a node that has nothing to do with GPUs.
    /// </summary>
    public static (bool Wrong, string Reason, string Message)? Condition(GpuInventory gpus)
    {
        var (healthy, count) = (gpus.Healthy, gpus.Devices.Count);
        if (healthy == count && gpus.Problem is null)
        {
            return count == 0 ? null : (false, "GPUsHealthy", $"{count} of {count} GPUs are healthy");
        }

        var message = new StringBuilder(gpus.Problem?.Message ?? $"{healthy} of {count} GPUs are healthy");
        foreach (var device in gpus.Devices)
        {
            if (device.Unhealthy is { } wrong && wrong != gpus.Problem?.Message)
            {
                message.Append(CultureInfo.InvariantCulture, $"; {device.Uuid}: {wrong}");
            }
        }

        return (true, gpus.Problem?.Reason ?? "GPUUnhealthy", message.ToString());
    }

    private static void Versions(GpuInventory gpus, Dictionary<string, string> labels)
    {
        // Those with a dot before the part are of before; manifests still select by them.
        if (gpus.Driver?.Split('.') is [var major, var minor, .. var more] && more.Length <= 1)
        {
            var revision = more.Length == 1 ? more[0] : "";
            labels["nvidia.com/cuda.driver.major"] = labels["nvidia.com/cuda.driver-version.major"] = major;
            labels["nvidia.com/cuda.driver.minor"] = labels["nvidia.com/cuda.driver-version.minor"] = minor;
            labels["nvidia.com/cuda.driver.rev"] = labels["nvidia.com/cuda.driver-version.revision"] = revision;
            labels["nvidia.com/cuda.driver-version.full"] = gpus.Driver;
        }

        if (gpus.Cuda?.Split('.') is [var cudaMajor, var cudaMinor])
        {
            labels["nvidia.com/cuda.runtime.major"] = labels["nvidia.com/cuda.runtime-version.major"] = cudaMajor;
            labels["nvidia.com/cuda.runtime.minor"] = labels["nvidia.com/cuda.runtime-version.minor"] = cudaMinor;
            labels["nvidia.com/cuda.runtime-version.full"] = gpus.Cuda;
        }
    }

    /// <summary>By PCI's class; unknown also when they differ.</summary>
    private static string Mode(IReadOnlyList<GpuDevice> devices)
    {
        var kind = devices[0].Class;
        foreach (var device in devices)
        {
            kind = device.Class == kind ? kind : null;
        }

        return kind switch { "0x030000" => "graphics", "0x030200" => "compute", _ => "unknown" };
    }

    private static string Family(string major, string minor) => major switch
    {
        "3" => "kepler",
        "5" => "maxwell",
        "6" => "pascal",
        "7" => minor is "0" or "2" ? "volta" : "turing",
        "8" => minor is "9" ? "ada-lovelace" : "ampere",
        "9" => "hopper",
        "10" or "11" or "12" => "blackwell",
        _ => "undefined",
    };

    /// <summary>Letters, digits, <c>-_.</c>; blanks are a hyphen, the rest goes, as upstream's.</summary>
    private static string Value(string text)
    {
        var value = new StringBuilder();
        foreach (var letter in text)
        {
            if (char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.')
            {
                value.Append(letter);
            }
            else if (letter == ' ' && value.Length > 0 && value[^1] != '-')
            {
                value.Append('-');
            }
        }

        var length = Math.Min(value.Length, ValueMax);
        return value.ToString(0, length).Trim('-', '_', '.');
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
