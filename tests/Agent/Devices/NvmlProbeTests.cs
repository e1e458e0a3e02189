using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>What NVML says and what it does not, by the stub.</summary>
public sealed class NvmlProbeTests
{
    /// <summary>All that is asked about a device.</summary>
    public static TheoryData<string> Functions =>
    [
        "nvmlDeviceGetName", "nvmlDeviceGetMinorNumber", "nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetMemoryInfo_v2",
        "nvmlDeviceGetUtilizationRates", "nvmlDeviceGetTemperature", "nvmlDeviceGetPowerUsage",
        "nvmlDeviceGetEnforcedPowerLimit", "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetMigMode", "nvmlDeviceGetEccMode",
        "nvmlDeviceGetTotalEccErrors", "nvmlDeviceGetFieldValues", "nvmlDeviceGetTopologyCommonAncestor",
        "nvmlDeviceGetNvLinkState", "nvmlDeviceGetP2PStatus", "nvmlSystemGetDriverVersion",
        "nvmlSystemGetCudaDriverVersion_v2", "nvmlDeviceGetClockInfo", "nvmlDeviceGetEncoderUtilization",
        "nvmlDeviceGetDecoderUtilization", "nvmlDeviceGetPcieReplayCounter",
    ];

    [Fact]
    public void A_machine_with_eight_GPUs_behind_a_switch_is_told_whole()
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(8) };
        machine.Put("sys/bus/pci/devices/0000:29:00.0/numa_node", "1");
        machine.Put("sys/bus/pci/devices/0000:29:00.0/class", "0x030200");
        machine.Put("sys/class/dmi/id/product_name", "PowerEdge XE9680");

        var gpus = Looking.At(machine);

        Assert.Equal(("550.54.15", "12.4", "PowerEdge XE9680"), (gpus.Driver, gpus.Cuda, gpus.Machine));
        Assert.Null(gpus.Problem);
        Assert.Equal((8, 8), (gpus.Devices.Count, gpus.Healthy));
        var second = gpus.Devices[1];
        Assert.Equal(
            (StubGpus.Uuid(1), 1, 1, "NVIDIA H100 80GB HBM3", "0000:29:00.0", "0x030200", 1, 85520809984L, "9.0"),
            (second.Uuid, second.Index, second.Minor, second.Product, second.Bus, second.Class, second.Numa,
                second.MemoryBytes, second.Compute));
        Assert.Equal([40, 0, 40, 40, 50, 50, 50, 50], second.Distances);
        Assert.Equal([18, 0, 18, 18, 18, 18, 18, 18], second.NvLinks);
        Assert.False(second.MigEnabled);
        Assert.Equal(
            new GpuReadings
            {
                MemoryUsedBytes = 4194304, MemoryFreeBytes = 84904247296, MemoryReservedBytes = 612368384, Load = 10,
                MemoryLoad = 5, Celsius = 41, Milliwatts = 120500, LimitMilliwatts = 700000, Millijoules = 123456789,
                Ecc = true, EccErrors = 0, Recovery = 0, SmMegahertz = 1980, MemoryMegahertz = 2619,
                MemoryCelsius = 51, EncoderLoad = 3, DecoderLoad = 7, BusReplays = 2, CorrectedRows = 4,
                UncorrectedRows = 1, FailedRows = 0,
            },
            second.Readings);
    }

    [Fact]
    public void What_a_GPU_does_not_say_is_absent_and_not_nothing()
    {
        using var machine = new StubGpus { Fixture = "gpu GPU-a\n" };

        Assert.Equal(
            """{"devices":[{"uuid":"GPU-a","index":0,"readings":{}}]}""", Looking.Text(Looking.At(machine)));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void A_function_that_fails_takes_nothing_else_with_it(string function)
    {
        using var well = new StubGpus { Fixture = StubGpus.Machine(2) };
        var whole = Looking.Text(Looking.At(well));
        foreach (var code in (int[])[3, 13, 999])
        {
            using var machine = new StubGpus { Fixture = StubGpus.Machine(2) + $"return {function} {code}\n" };

            var gpus = Looking.At(machine);

            Assert.Equal((2, 2, null), (gpus.Devices.Count, gpus.Healthy, gpus.Problem));
            Assert.NotEqual(whole, Looking.Text(gpus));
        }
    }

    [Fact]
    public void A_driver_that_lacks_the_newer_functions_is_asked_the_older_ones()
    {
        using var machine = new StubGpus(isOld: true) { Fixture = StubGpus.Machine(1) };

        var device = Assert.Single(Looking.At(machine).Devices);

        Assert.Equal(85520809984, device.MemoryBytes);
        Assert.Equal(
            (4194304 + 612368384, null, null),
            (device.Readings!.MemoryUsedBytes, device.Readings.MemoryReservedBytes, device.Readings.Recovery));
    }

    [Theory]
    [InlineData("return nvmlDeviceGetHandleByIndex_v2 15 gpu 1", "unnamed-1", "GPU_IS_LOST")]
    [InlineData("return nvmlDeviceGetHandleByIndex_v2 4 gpu 1", "unnamed-1", "NO_PERMISSION")]
    [InlineData("return * 15 gpu 1", "unnamed-1", "GPU_IS_LOST")]
    [InlineData("return nvmlDeviceGetUUID 16 gpu 1", "unnamed-1", "RESET_REQUIRED")]
    [InlineData("return nvmlDeviceGetMemoryInfo 15 gpu 1", "GPU-00000001-1111-2222-3333-444444444444", "GPU_IS_LOST")]
    [InlineData("return nvmlDeviceGetMemoryInfo 77 gpu 1", "GPU-00000001-1111-2222-3333-444444444444", "error 77")]
    public void A_GPU_that_does_not_answer_stays_listed(string rule, string uuid, string reason)
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(3) + rule + "\n" };

        var gpus = Looking.At(machine);

        Assert.Equal((3, 2), (gpus.Devices.Count, gpus.Healthy));
        Assert.Equal((uuid, 1, reason), (gpus.Devices[1].Uuid, gpus.Devices[1].Index, gpus.Devices[1].Unhealthy));
        Assert.Equal([0, -1, 40], gpus.Devices[0].Distances);
        Assert.Equal([0, 0, 18], gpus.Devices[0].NvLinks);
    }

    [Theory]
    [InlineData(18, "DriverLibraryMismatch")]
    [InlineData(9, "DriverNotLoaded")]
    [InlineData(999, "DriverFailed")]
    public void A_driver_that_cannot_begin_is_a_problem_of_the_machine(int code, string reason)
    {
        using var machine = new StubGpus { Fixture = $"return nvmlInit_v2 {code}\n" };
        machine.Put("sys/bus/pci/devices/0000:29:00.0/vendor", "0x10de");
        machine.Put("sys/bus/pci/devices/0000:29:00.0/class", "0x030200");

        var gpus = Looking.At(machine, withCuda: true);

        Assert.Equal((0, reason), (gpus.Devices.Count, gpus.Problem?.Reason));
    }

    [Fact]
    public void No_library_is_a_normal_answer()
    {
        using var machine = new StubGpus(nvml: false, cuda: false);

        Assert.Equal("""{"devices":[]}""", Looking.Text(Looking.At(machine, withCuda: true)));
    }

    [Fact]
    public void A_driver_that_is_installed_on_a_machine_without_GPUs_is_no_problem()
    {
        using var machine = new StubGpus { Fixture = "return nvmlInit_v2 9\n" };

        Assert.Null(Looking.At(machine).Problem);
    }

    [Fact]
    public void A_loaded_driver_without_its_library_is_a_problem()
    {
        using var machine = new StubGpus(nvml: false);
        machine.Put("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15");

        Assert.Equal("LibraryNotFound", Looking.At(machine).Problem?.Reason);
    }

    [Fact]
    public void Two_GPUs_with_a_bridge_have_its_links_and_a_third_has_none()
    {
        using var machine = new StubGpus
        {
            Fixture = StubGpus.Gpu(0, "link 0 00000000:29:00.0\nlink 3 00000000:29:00.0\nnear 1 10\nnear 2 50")
                + StubGpus.Gpu(1, "link 0 00000000:19:00.0\nlink 3 00000000:19:00.0\nnear 0 10\nnear 2 50")
                + StubGpus.Gpu(2, "near 0 50\nnear 1 50"),
        };

        var gpus = Looking.At(machine);

        Assert.Equal([0, 2, 0], gpus.Devices[0].NvLinks);
        Assert.Equal([0, 0, 0], gpus.Devices[2].NvLinks);
        Assert.Equal([50, 50, 0], gpus.Devices[2].Distances);
    }

    [Fact]
    public void A_partitioned_GPU_tells_its_instances_over_the_holes_of_their_slots()
    {
        using var machine = new StubGpus
        {
            Fixture = StubGpus.Gpu(0).Replace("mig 0 7", "mig 1 7", StringComparison.Ordinal)
                + """
                instance MIG-a 0 7 0 1 1 9984 14 1 2 3 4 5
                instance MIG-b 3 2 0 3 3 40448
                instance MIG-c 6 1 1 2 1 20096

                """,
        };

        var device = Assert.Single(Looking.At(machine).Devices);

        Assert.True(device.MigEnabled);
        Assert.Equal(
            [
                ("MIG-a", "1g.10gb", 7, 0, 9984L << 20), ("MIG-b", "3g.40gb", 2, 0, 40448L << 20),
                ("MIG-c", "1c.2g.20gb", 1, 1, 20096L << 20),
            ],
            device.Instances.Select(mig =>
                (mig.Uuid, mig.Profile, mig.GpuInstance, mig.ComputeInstance, mig.MemoryBytes!.Value)));
        Assert.Equal(
            new MigShape
            {
                Multiprocessors = 14, CopyEngines = 1, Decoders = 2, Encoders = 3, JpegEngines = 4,
                OpticalFlowEngines = 5, GpuSlices = 1, ComputeSlices = 1,
            },
            device.Instances[0].Shape);
    }
}
