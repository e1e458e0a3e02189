using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// Asks CUDA's driver API for the same GPUs: what programs in pods will use may fail where NVML does not, for want of
/// nvidia-uvm for instance. Makes no context, which would take device memory and keep the device awake.
/// </summary>
internal sealed unsafe class CudaCheck(DriverLibrary cuda)
{
    private const string Library = "libcuda.so.1";
    private const int NoDevice = 100;
    private const int FunctionMissing = -1;

    // CUdevice_attribute
    private const int Integrated = 18;
    private const int PciBus = 33;
    private const int PciDevice = 34;
    private const int PciDomain = 50;
    private const int ComputeMajor = 75;
    private const int ComputeMinor = 76;

    /// <summary>The inventory with what only CUDA says, and where the two disagree.</summary>
    public static GpuInventory Apply(GpuInventory gpus, string driverRoot)
    {
        if (gpus.Devices.Count == 0 || gpus.Problem is not null)
        {
            return gpus;
        }

        return DriverLibrary.Load(driverRoot, Library) is { } cuda
            ? new CudaCheck(cuda).Apply(gpus)
            : gpus with { Problem = new GpuProblem("CudaNotFound", $"there are GPUs but no {Library}") };
    }

    private GpuInventory Apply(GpuInventory gpus)
    {
        var code = Call("cuInit", 0u);
        if (code != 0)
        {
            var what = code == NoDevice ? "finds no device" : $"cannot begin: CUresult {code}";
            return gpus with { Problem = new GpuProblem("CudaFailed", $"CUDA {what}") };
        }

        var devices = new List<GpuDevice>(gpus.Devices);
        var count = Count();
        var wrong = Expected(devices) is { } expected && expected != count
            ? $"CUDA finds {count} of {expected} GPUs"
            : null;
        for (var ordinal = 0; ordinal < count; ordinal++)
        {
            var at = Position(devices, ordinal);
            if (at >= 0)
            {
                var (compute, memory) = (Compute(ordinal), Memory(ordinal));
                wrong ??= compute is not null && devices[at].Compute is { } said && said != compute
                    ? $"of {devices[at].Uuid} NVML says compute capability {said}, CUDA {compute}"
                    : null;
                devices[at] = devices[at] with
                {
                    Compute = devices[at].Compute ?? compute,
                    MemoryBytes = devices[at].MemoryBytes ?? memory,
                    SharesMemory = devices[at].SharesMemory || Attribute(Integrated, ordinal) == 1,
                };
            }
        }

        return gpus with
        {
            Devices = devices,
            Problem = wrong is null ? null : new GpuProblem("CudaDisagrees", wrong),
        };
    }

    /// <summary>Null when it cannot be told: of a machine with MIG, CUDA shows one instance.</summary>
    private static int? Expected(List<GpuDevice> devices)
    {
        var healthy = 0;
        foreach (var device in devices)
        {
            if (device.MigEnabled == true)
            {
                return null;
            }

            healthy += device.Unhealthy is null ? 1 : 0;
        }

        return healthy;
    }

    /// <summary>By its place on the bus; the only GPU of a Jetson has none.</summary>
    private int Position(List<GpuDevice> devices, int ordinal)
    {
        if (devices is [{ Bus: null }])
        {
            return 0;
        }

        var (domain, bus) = (Attribute(PciDomain, ordinal), Attribute(PciBus, ordinal));
        var slot = Attribute(PciDevice, ordinal);
        var id = string.Create(CultureInfo.InvariantCulture, $"{domain ?? 0:x4}:{bus ?? 0:x2}:{slot ?? 0:x2}.0");
        return devices.FindIndex(device => device.Bus == id);
    }

    private string? Compute(int ordinal) =>
        Attribute(ComputeMajor, ordinal) is { } major && Attribute(ComputeMinor, ordinal) is { } minor
            ? $"{major}.{minor}"
            : null;

    private int Call(string name, uint flags)
    {
        var function = (delegate* unmanaged<uint, int>)cuda.Function(name);
        return function == null ? FunctionMissing : function(flags);
    }

    private int Count()
    {
        var count = 0;
        var function = (delegate* unmanaged<int*, int>)cuda.Function("cuDeviceGetCount");
        return function != null && function(&count) == 0 ? count : 0;
    }

    private long? Memory(int ordinal)
    {
        nuint bytes = 0;
        var function = (delegate* unmanaged<nuint*, int, int>)cuda.Function("cuDeviceTotalMem_v2");
        return function != null && function(&bytes, ordinal) == 0 ? (long)bytes : null;
    }

    private int? Attribute(int attribute, int ordinal)
    {
        var value = 0;
        var function = (delegate* unmanaged<int*, int, int, int>)cuda.Function("cuDeviceGetAttribute");
        return function != null && function(&value, attribute, ordinal) == 0 ? value : null;
    }
}
