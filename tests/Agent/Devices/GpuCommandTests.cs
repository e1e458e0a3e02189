using Edge.Agent.Devices.Gpu;
using Edge.Proto.Model;
using Edge.Tests.Support.Gpu;

namespace Edge.Tests.Agent.Devices;

/// <summary>What <c>edge-agent probe</c> prints.</summary>
public sealed class GpuCommandTests
{
    [Fact]
    public void A_person_sees_a_line_for_each_GPU_and_how_near_they_are()
    {
        using var machine = new StubGpus
        {
            Fixture = """
                driver 550.54.15
                cuda 12040
                return nvmlDeviceGetMemoryInfo 27 gpu 2
                gpu GPU-a
                name NVIDIA L4
                bus 00000000:19:00.0
                memory 24146608128 0 20000000000 4146608128
                load 10 5
                temperature 40
                power 60900
                compute 8 9
                near 1 10
                link 0 00000000:29:00.0
                mig 1 7
                instance MIG-a 0 7 0 1 1 2800
                gpu GPU-b
                bus 00000000:29:00.0
                link 0 00000000:19:00.0
                near 0 10
                gpu GPU-c

                """,
        };

        Assert.Equal(
            """
            unknown machine, driver 550.54.15, CUDA 12.4

            GPU     UUID    PRODUCT      MEMORY      USED       LOAD   TEMP   POWER   COMPUTE   BUS            HEALTH
            0       GPU-a   NVIDIA L4    23028 MiB   3954 MiB   10%    40C    60W     8.9       0000:19:00.0   healthy
            0/7/0   MIG-a   MIG 1g.3gb   2800 MiB
            1       GPU-b   -            -           -          -      -      -       -         0000:29:00.0   healthy
            2       GPU-c   -            -           -          -      -      -       -         -              NOT_READY

                   GPU0   GPU1   GPU2
            GPU0   X      NV1    -
            GPU1   NV1    X      -
            GPU2   -      -      X
            """,
            string.Join('\n', GpuCommand.Lines(Looking.At(machine))));
    }

    [Fact]
    public void Where_there_are_none_it_says_so_and_why()
    {
        Assert.Equal(["No GPUs."], GpuCommand.Lines(GpuInventory.None));
        Assert.Equal(
            ["DriverNotLoaded: it is not loaded", "No GPUs."],
            GpuCommand.Lines(new GpuInventory { Problem = new GpuProblem("DriverNotLoaded", "it is not loaded") }));
    }
}
