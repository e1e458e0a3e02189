using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>Jetsons by trees of files, as their kernels have them. None of this was seen on a device.</summary>
public sealed class TegraProbeTests
{
    private const string Meminfo =
        "MemTotal:       31388000 kB\nMemFree:        1000000 kB\nMemAvailable:   20000000 kB";

    [Fact]
    public void An_Orin_is_told_from_the_kernels_files_and_keeps_its_name()
    {
        using var machine = Jetson(
            nvml: true, "NVIDIA Jetson AGX Orin Developer Kit", "nvidia,p3737-0000+p3701-0000\0nvidia,tegra234");
        machine.Fixture = """
            driver 540.4.0
            cuda 12060
            gpu 8a0b1c2d-0000-1111-2222-333344445555
            name Orin (nvgpu)
            minor 0
            compute 8 7
            integrated 1

            """;
        machine.Put("sys/class/devfreq/17000000.gpu/device/of_node/name", "gpu");
        machine.Put("sys/class/devfreq/17000000.gpu/device/load", "437");
        machine.Put("sys/class/devfreq/17000000.gpu/cur_freq", "918000000");
        machine.Put("sys/class/thermal/thermal_zone0/type", "cpu-thermal");
        machine.Put("sys/class/thermal/thermal_zone0/temp", "51000");
        machine.Put("sys/class/thermal/thermal_zone8/type", "tj-thermal");
        machine.Put("sys/class/thermal/thermal_zone8/temp", "52500");
        machine.Put("sys/class/thermal/thermal_zone9/type", "gpu-thermal");
        machine.Put("sys/class/thermal/thermal_zone9/temp", "47968");
        machine.Put("sys/class/hwmon/hwmon3/name", "ina3221");
        machine.Put("sys/class/hwmon/hwmon3/in1_label", "VDD_GPU_SOC");
        machine.Put("sys/class/hwmon/hwmon3/in1_input", "19800");
        machine.Put("sys/class/hwmon/hwmon3/curr1_input", "160");

        var gpus = Looking.At(machine, withCuda: true);

        Assert.Equal(
            ("540.4.0", "NVIDIA Jetson AGX Orin Developer Kit", null), (gpus.Driver, gpus.Machine, gpus.Problem));
        var device = Assert.Single(gpus.Devices);
        Assert.Equal(
            (GpuDevice.TegraId, "Orin", "8.7", true, 31388000L * 1024),
            (device.Uuid, device.Product, device.Compute, device.SharesMemory, device.MemoryBytes));
        Assert.Equal(
            new GpuReadings
            {
                Load = 43, Celsius = 47, Milliwatts = 3168, MemoryFreeBytes = 20000000L * 1024,
                MemoryUsedBytes = 11388000L * 1024, SmMegahertz = 918,
            },
            device.Readings);
    }

    [Theory]
    [InlineData("nvidia,p3450-0000\0nvidia,jetson-nano\0nvidia,tegra210", "NVIDIA Tegra X1", "5.3")]
    [InlineData("nvidia,p2771-0000\0nvidia,tegra186", "NVIDIA Tegra X2", "6.2")]
    [InlineData("nvidia,p2972-0000\0nvidia,tegra194", "Xavier", "7.2")]
    [InlineData("nvidia,tegra234", "Orin", "8.7")]
    [InlineData("nvidia,tegra264", "NVIDIA Thor", "11.0")]
    public void A_chip_is_known_without_any_library(string compatible, string product, string compute)
    {
        using var machine = Jetson(nvml: false, "a Jetson", compatible);

        var device = Assert.Single(Looking.At(machine).Devices);

        Assert.Equal(
            (GpuDevice.TegraId, product, compute, null),
            (device.Uuid, device.Product, device.Compute, device.Unhealthy));
    }

    [Theory]
    [InlineData("sys/devices/gpu.0/load", "250", 25)]
    [InlineData("sys/devices/platform/gpu.0/load", "1000", 100)]
    [InlineData("sys/class/devfreq/gpu-gpc-0/device/load", "10", 1)]
    [InlineData("sys/class/devfreq/57000000.gpu/device/load", "10", null)]
    [InlineData("sys/devices/gpu.0/load", "much", null)]
    public void The_load_is_where_a_release_puts_it_or_nowhere(string path, string text, int? load)
    {
        using var machine = Jetson(nvml: false, "a Jetson", "nvidia,tegra210");
        machine.Put(path, text);

        Assert.Equal(load, Assert.Single(Looking.At(machine).Devices).Readings?.Load);
    }

    [Fact]
    public void A_chip_that_is_not_known_is_a_GPU_without_a_name()
    {
        using var machine = Jetson(nvml: false, "a Jetson to come", "nvidia,tegra999");

        var device = Assert.Single(Looking.At(machine).Devices);

        Assert.Equal((GpuDevice.TegraId, null, null), (device.Uuid, device.Product, device.Compute));
    }

    [Fact]
    public void A_Thor_with_a_GPU_beside_its_own_has_two()
    {
        using var machine = Jetson(nvml: true, "NVIDIA Jetson AGX Thor Developer Kit", "nvidia,tegra264");
        machine.Fixture = """
            gpu 11112222-0000-1111-2222-333344445555
            name NVIDIA Thor
            bus 00000000:01:00.0

            """ + StubGpus.Gpu(1);

        var gpus = Looking.At(machine);

        Assert.Equal([GpuDevice.TegraId, StubGpus.Uuid(1)], gpus.Devices.Select(device => device.Uuid));
        Assert.Equal([true, false], gpus.Devices.Select(device => device.SharesMemory));
    }

    private static StubGpus Jetson(bool nvml, string model, string compatible)
    {
        var machine = new StubGpus(nvml, cuda: nvml);
        machine.Put("etc/nv_tegra_release", "# R36 (release), REVISION: 4.7, GCID: 1, BOARD: generic");
        machine.Put("proc/device-tree/model", model + "\0");
        machine.Put("proc/device-tree/compatible", compatible + "\0");
        machine.Put("proc/meminfo", Meminfo);
        return machine;
    }
}
