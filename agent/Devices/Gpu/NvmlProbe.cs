using Edge.Proto.Model;

namespace Edge.Agent.Devices.Gpu;

/// <summary>What NVML's answers mean. Reads everything once; what is not said stays null.</summary>
internal sealed class NvmlProbe(NvmlLibrary nvml, SystemTree tree)
{
    public const string NotLoaded = "DriverNotLoaded";

    private readonly List<NvmlDevice> _handles = [];

    /// <summary>The GPUs, or why the driver does not serve.</summary>
    public GpuInventory Read()
    {
        var code = nvml.Init();
        if (code != NvmlNative.Success)
        {
            return new GpuInventory { Problem = ProblemOf(code) };
        }

        var count = 0u;
        code = nvml.Get("nvmlDeviceGetCount_v2", out count);
        var devices = new List<GpuDevice>();
        for (var index = 0u; code == NvmlNative.Success && index < Math.Min(count, GpuInventory.DevicesMax); index++)
        {
            var found = nvml.Device(index, out var handle);
            devices.Add(found == NvmlNative.Success
                ? Device((int)index, handle)
                : new GpuDevice
                {
                    Uuid = UnnamedId((int)index), Index = (int)index, Unhealthy = NvmlNative.NameOf(found),
                });
            _handles.Add(handle);
        }

        NvmlLinks.Add(devices, _handles);
        return new GpuInventory
        {
            Driver = nvml.Text("nvmlSystemGetDriverVersion"),
            Cuda = nvml.Get("nvmlSystemGetCudaDriverVersion_v2", out int cuda) == NvmlNative.Success
                ? CudaVersion(cuda)
                : null,
            Problem = code == NvmlNative.Success ? null : ProblemOf(code),
            Devices = devices,
        };
    }

    /// <summary>Of one that does not even say its name: <see cref="GpuHealthPlan"/> finds who it was.</summary>
    public static string UnnamedId(int index) => $"unnamed-{index}";

    /// <summary>Major × 1000 + minor × 10.</summary>
    public static string CudaVersion(int number) => $"{number / 1000}.{number % 1000 / 10}";

    private static GpuProblem ProblemOf(int code) => code switch
    {
        NvmlNative.VersionMismatch => new GpuProblem(
            "DriverLibraryMismatch",
            "the driver in the kernel is of another version than its library; restart the machine"),
        NvmlNative.DriverNotLoaded => new GpuProblem(NotLoaded, "the NVIDIA driver is not loaded"),
        _ => new GpuProblem("DriverFailed", $"NVML cannot begin: {NvmlNative.NameOf(code)}"),
    };

    private GpuDevice Device(int index, NvmlDevice device)
    {
        var named = device.Text("nvmlDeviceGetUUID", out var uuid);
        var product = device.Text("nvmlDeviceGetName", out var name) == NvmlNative.Success ? name : null;
        NvmlNative.Pci pci = default;
        var bus = device.Get("nvmlDeviceGetPciInfo_v3", ref pci) == NvmlNative.Success ? BusOf(in pci) : null;
        var (memory, readings) = Memory(device);
        var mig = device.Pair("nvmlDeviceGetMigMode");
        var compute = device.Pair("nvmlDeviceGetCudaComputeCapability");
        return new GpuDevice
        {
            Uuid = named == NvmlNative.Success ? uuid : UnnamedId(index),
            Index = index,
            Minor = (int?)device.Number("nvmlDeviceGetMinorNumber"),
            Product = product,
            Bus = bus,
            Class = bus is null ? null : tree.Text($"sys/bus/pci/devices/{bus}/class"),
            Numa = Numa(bus),
            MemoryBytes = memory,
            IsVirtual = device.Number("nvmlDeviceGetVirtualizationMode") == NvmlNative.VirtualizationVgpu,
            Compute = compute is { } version ? $"{version.First}.{version.Second}" : null,
            MigEnabled = mig is { } mode ? mode.First == 1 : null,
            Instances = mig is { First: 1 } ? Instances(device, memory) : [],
            Unhealthy = Fault(device, named),
            Readings = Readings(device, readings),
        };
    }

    /// <summary>
    /// A device is lost for all questions or for none, but a driver may still know the name of one that is; so it is
    /// asked something that only the device itself can answer.
    /// </summary>
    private static string? Fault(NvmlDevice device, int named)
    {
        if (named != NvmlNative.Success)
        {
            return NvmlNative.NameOf(named);
        }

        NvmlNative.Memory memory = default;
        var code = device.Get("nvmlDeviceGetMemoryInfo", ref memory);
        return code is NvmlNative.Success or NvmlNative.NotSupported or NvmlNative.FunctionNotFound
            ? null
            : NvmlNative.NameOf(code);
    }

    private static (long? Total, GpuReadings Readings) Memory(NvmlDevice device)
    {
        var split = new NvmlNative.MemoryV2 { Version = NvmlNative.MemoryV2Version };
        if (device.Get("nvmlDeviceGetMemoryInfo_v2", ref split) == NvmlNative.Success)
        {
            return ((long)split.Total, new GpuReadings
            {
                MemoryUsedBytes = (long)split.Used,
                MemoryFreeBytes = (long)split.Free,
                MemoryReservedBytes = (long)split.Reserved,
            });
        }

        // What is reserved counts as used here: of an old driver it cannot be told apart.
        NvmlNative.Memory whole = default;
        return device.Get("nvmlDeviceGetMemoryInfo", ref whole) == NvmlNative.Success
            ? ((long)whole.Total, new GpuReadings
            {
                MemoryUsedBytes = (long)whole.Used, MemoryFreeBytes = (long)whole.Free,
            })
            : (null, new GpuReadings());
    }

    private static GpuReadings Readings(NvmlDevice device, GpuReadings memory)
    {
        NvmlNative.Load load = default;
        var loaded = device.Get("nvmlDeviceGetUtilizationRates", ref load) == NvmlNative.Success;
        return memory with
        {
            Load = loaded ? (int)load.Gpu : null,
            MemoryLoad = loaded ? (int)load.Memory : null,
            Celsius = (int?)device.Celsius(),
            Milliwatts = device.Number("nvmlDeviceGetPowerUsage"),
            LimitMilliwatts = device.Number("nvmlDeviceGetEnforcedPowerLimit"),
            Millijoules = (long?)device.Long("nvmlDeviceGetTotalEnergyConsumption"),
            Ecc = device.Pair("nvmlDeviceGetEccMode") is { } ecc ? ecc.First == 1 : null,
            EccErrors = (long?)device.UncorrectedErrors(),
            Recovery = (int?)device.Field(NvmlNative.RecoveryActionField),
            SmMegahertz = device.Megahertz(NvmlNative.SmClock),
            MemoryMegahertz = device.Megahertz(NvmlNative.MemoryClock),
            MemoryCelsius = (int?)device.Field(NvmlNative.MemoryTemperatureField),
            EncoderLoad = (int?)device.Pair("nvmlDeviceGetEncoderUtilization")?.First,
            DecoderLoad = (int?)device.Pair("nvmlDeviceGetDecoderUtilization")?.First,
            BusReplays = (int?)device.Number("nvmlDeviceGetPcieReplayCounter"),
            CorrectedRows = (int?)device.Field(NvmlNative.CorrectedRowsField),
            UncorrectedRows = (int?)device.Field(NvmlNative.UncorrectedRowsField),
            FailedRows = (int?)device.Field(NvmlNative.FailedRowsField),
        };
    }

    /// <summary>The index space has holes.</summary>
    private static List<MigInstance> Instances(NvmlDevice device, long? memory)
    {
        var instances = new List<MigInstance>();
        var most = device.Number("nvmlDeviceGetMaxMigDeviceCount") ?? 0;
        for (var slot = 0u; slot < most; slot++)
        {
            if (device.Instance(slot) is { } mig && mig.Text("nvmlDeviceGetUUID", out var uuid) == NvmlNative.Success)
            {
                NvmlNative.Attributes shape = default;
                var known = mig.Get("nvmlDeviceGetAttributes_v2", ref shape) == NvmlNative.Success;
                instances.Add(new MigInstance
                {
                    Uuid = uuid,
                    Profile = known ? MigProfile.Of(shape, memory) : "",
                    GpuInstance = (int)(mig.Number("nvmlDeviceGetGpuInstanceId") ?? 0),
                    ComputeInstance = (int)(mig.Number("nvmlDeviceGetComputeInstanceId") ?? 0),
                    MemoryBytes = known ? (long)shape.Mebibytes << 20 : null,
                    Shape = known ? Shape(in shape) : null,
                });
            }
        }

        return instances;
    }

    private static MigShape Shape(in NvmlNative.Attributes said) => new()
    {
        Multiprocessors = (int)said.Processors,
        GpuSlices = (int)said.GpuSlices,
        ComputeSlices = (int)said.ComputeSlices,
        CopyEngines = (int)said.CopyEngines,
        Decoders = (int)said.Decoders,
        Encoders = (int)said.Encoders,
        JpegEngines = (int)said.Jpeg,
        OpticalFlowEngines = (int)said.Ofa,
    };

    /// <summary>NVML's eight digits of domain are the kernel's four, its capitals small.</summary>
    public static unsafe string BusOf(in NvmlNative.Pci pci)
    {
        fixed (byte* id = pci.Id)
        {
            return KernelBus(DriverLibrary.Text(new ReadOnlySpan<byte>(id, 32)));
        }
    }

    private static string KernelBus(string nvml)
    {
        const int domain = 8, kernelDomain = 4;
        var small = nvml.ToLowerInvariant();
        return small.IndexOf(':', StringComparison.Ordinal) == domain
            && small.StartsWith("0000", StringComparison.Ordinal)
            ? small[(domain - kernelDomain)..]
            : small;
    }

    /// <summary>The kernel says -1 where there is one node.</summary>
    private int? Numa(string? bus) =>
        bus is not null && int.TryParse(tree.Text($"sys/bus/pci/devices/{bus}/numa_node"), out var node) && node >= 0
            ? node
            : null;
}
