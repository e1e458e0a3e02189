using Edge.Agent.Devices.Gpu;
using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>What a Node says of its GPUs: gpu-feature-discovery's names, and a condition.</summary>
public sealed class GpuLabelsPlanTests
{
    [Fact]
    public void Eight_GPUs_have_the_labels_that_gpu_feature_discovery_gives_them()
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(8) };
        machine.Put("sys/class/dmi/id/product_name", "PowerEdge XE9680");
        for (var index = 0; index < 8; index++)
        {
            machine.Put($"sys/bus/pci/devices/0000:{(16 * index) + 25:x2}:00.0/class", "0x030200");
        }

        Assert.Equal(
            """
            nvidia.com/cuda.driver-version.full=550.54.15
            nvidia.com/cuda.driver-version.major=550
            nvidia.com/cuda.driver-version.minor=54
            nvidia.com/cuda.driver-version.revision=15
            nvidia.com/cuda.driver.major=550
            nvidia.com/cuda.driver.minor=54
            nvidia.com/cuda.driver.rev=15
            nvidia.com/cuda.runtime-version.full=12.4
            nvidia.com/cuda.runtime-version.major=12
            nvidia.com/cuda.runtime-version.minor=4
            nvidia.com/cuda.runtime.major=12
            nvidia.com/cuda.runtime.minor=4
            nvidia.com/gpu.compute.major=9
            nvidia.com/gpu.compute.minor=0
            nvidia.com/gpu.count=8
            nvidia.com/gpu.family=hopper
            nvidia.com/gpu.machine=PowerEdge-XE9680
            nvidia.com/gpu.memory=81559
            nvidia.com/gpu.mode=compute
            nvidia.com/gpu.product=NVIDIA-H100-80GB-HBM3
            nvidia.com/gpu.replicas=1
            nvidia.com/gpu.sharing-strategy=none
            nvidia.com/mig.capable=true
            nvidia.com/mps.capable=false
            nvidia.com/vgpu.present=false
            """,
            Labels(Looking.At(machine)));
    }

    [Fact]
    public void What_is_not_known_has_no_label()
    {
        var labels = Labels(new GpuInventory { Driver = "550", Devices = [new GpuDevice { Uuid = "a" }] });

        Assert.Equal(
            """
            nvidia.com/gpu.count=1
            nvidia.com/gpu.machine=unknown
            nvidia.com/gpu.mode=unknown
            nvidia.com/gpu.replicas=1
            nvidia.com/gpu.sharing-strategy=none
            nvidia.com/mig.capable=false
            nvidia.com/mps.capable=false
            nvidia.com/vgpu.present=false
            """,
            labels);
        Assert.Equal("", Labels(GpuInventory.None));
    }

    [Theory]
    [InlineData("Tesla T4", "7.5", "Tesla-T4", "turing")]
    [InlineData("NVIDIA A100-SXM4-40GB", "8.0", "NVIDIA-A100-SXM4-40GB", "ampere")]
    [InlineData("NVIDIA L4", "8.9", "NVIDIA-L4", "ada-lovelace")]
    [InlineData("Tesla V100-SXM2-16GB", "7.0", "Tesla-V100-SXM2-16GB", "volta")]
    [InlineData("Xavier", "7.2", "Xavier", "volta")]
    [InlineData("NVIDIA  B200 (odd)", "10.0", "NVIDIA-B200-odd", "blackwell")]
    [InlineData("a name of more than sixty-three letters, which no label's value may have", "14.0",
        "a-name-of-more-than-sixty-three-letters-which-no-labels-value-m", "undefined")]
    public void A_product_is_a_labels_value_and_has_its_family(
        string product, string compute, string value, string family)
    {
        var labels = Labels(
            new GpuInventory { Devices = [new GpuDevice { Uuid = "a", Product = product, Compute = compute }] });

        Assert.Contains($"nvidia.com/gpu.product={value}", labels.Split('\n'));
        Assert.Contains($"nvidia.com/gpu.family={family}", labels.Split('\n'));
    }

    [Fact]
    public void A_condition_says_who_is_unwell_and_why()
    {
        var well = new GpuDevice { Uuid = "GPU-a" };
        var lost = new GpuDevice { Uuid = "GPU-b", Unhealthy = "XID 79" };
        var problem = new GpuProblem("DriverLibraryMismatch", "restart");

        Assert.Null(GpuLabelsPlan.Condition(GpuInventory.None));
        Assert.Equal(
            (false, "GPUsHealthy", "1 of 1 GPUs are healthy"),
            GpuLabelsPlan.Condition(new GpuInventory { Devices = [well] }));
        Assert.Equal(
            (true, "GPUUnhealthy", "1 of 2 GPUs are healthy; GPU-b: XID 79"),
            GpuLabelsPlan.Condition(new GpuInventory { Devices = [well, lost] }));
        Assert.Equal(
            (true, "DriverLibraryMismatch", "restart; GPU-b: XID 79"),
            GpuLabelsPlan.Condition(new GpuInventory
            {
                Problem = problem, Devices = [well with { Unhealthy = "restart" }, lost],
            }));
        Assert.Equal(
            (true, "DriverLibraryMismatch", "restart"),
            GpuLabelsPlan.Condition(new GpuInventory { Problem = problem }));
    }

    private static string Labels(GpuInventory gpus)
    {
        var labels = new Dictionary<string, string>();
        GpuLabelsPlan.Label(gpus, labels);
        return string.Join(
            '\n', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}"));
    }
}
