using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>CUDA's word beside NVML's.</summary>
public sealed class CudaCheckTests
{
    [Fact]
    public void Two_that_agree_are_no_problem()
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(8) };

        var lines = Looking.Lines(machine, withCuda: true);

        Assert.Equal(2, lines.Count);
        Assert.Equal(Looking.Text(lines[0]), Looking.Text(lines[1]));
    }

    [Fact]
    public void What_only_CUDA_says_is_taken_from_it()
    {
        // As a chip whose memory is the system's: NVML has none to tell.
        using var machine = new StubGpus
        {
            Fixture = """
                gpu GPU-spark
                name NVIDIA GB10
                bus 0000000F:01:00.0
                compute 12 1
                integrated 1
                total 128000000000
                return nvmlDeviceGetCudaComputeCapability 3

                """,
        };

        var device = Assert.Single(Looking.At(machine, withCuda: true).Devices);

        Assert.Equal(("12.1", 128000000000, true), (device.Compute, device.MemoryBytes, device.SharesMemory));
    }

    [Theory]
    [InlineData("cuda-count 3\n", "CudaDisagrees", "CUDA finds 3 of 4 GPUs")]
    [InlineData("return cuInit 100\n", "CudaFailed", "CUDA finds no device")]
    [InlineData("return cuInit 999\n", "CudaFailed", "CUDA cannot begin: CUresult 999")]
    public void Where_they_differ_the_machine_has_a_problem_and_its_GPUs_stay(
        string rule, string reason, string message)
    {
        using var machine = new StubGpus { Fixture = StubGpus.Machine(4) + rule };

        var gpus = Looking.At(machine, withCuda: true);

        Assert.Equal(new GpuProblem(reason, message), gpus.Problem);
        Assert.Equal(4, gpus.Healthy);
    }

    [Fact]
    public void A_driver_without_CUDA_is_a_problem()
    {
        using var machine = new StubGpus(cuda: false) { Fixture = StubGpus.Machine(1) };

        Assert.Equal("CudaNotFound", Looking.At(machine, withCuda: true).Problem?.Reason);
    }

    [Fact]
    public void Of_a_partitioned_machine_CUDA_cannot_count()
    {
        using var machine = new StubGpus
        {
            Fixture = "cuda-count 1\n" + StubGpus.Machine(2).Replace("mig 0 7", "mig 1 7", StringComparison.Ordinal),
        };

        Assert.Null(Looking.At(machine, withCuda: true).Problem);
    }

    [Fact]
    public void A_GPU_that_is_lost_is_not_expected_of_CUDA()
    {
        using var machine = new StubGpus
        {
            Fixture = StubGpus.Machine(2) + "return nvmlDeviceGetMemoryInfo 15 gpu 1\ncuda-count 1\n",
        };

        Assert.Null(Looking.At(machine, withCuda: true).Problem);
    }
}
