using Edge.Agent.Devices;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Tests.Agent.Devices;

public sealed class DeviceRestartsTests
{
    private static readonly GpuInventory s_gpus = new()
    {
        Devices =
        [
            new GpuDevice { Uuid = "GPU-0" },
            new GpuDevice
            {
                Uuid = "GPU-1",
                MigEnabled = true,
                Instances = [new MigInstance { Uuid = "MIG-1", Profile = "1g.10gb" }],
            },
        ],
    };

    [Theory]
    [InlineData("GPU-0", "whole both")]
    [InlineData("GPU-1", "part both")]
    [InlineData("GPU-9", "")]
    [InlineData("-", "")]
    public void What_has_the_GPU_or_a_part_of_it_and_runs_is_ended(string gpu, string ended) =>
        Assert.Equal(ended, string.Join(' ', DeviceRestarts.Of(s_gpus, gpu,
        [
            Container("whole", "GPU-0"), Container("part", "MIG-1"), Container("both", "GPU-0,MIG-1"),
            Container("none", ""), Container("over", "GPU-0,MIG-1", RunState.Exited),
        ])));

    private static ObservedContainer Container(string id, string devices, RunState state = RunState.Running) => new()
    {
        Id = id,
        State = state,
        Labels = devices.Length == 0
            ? new Dictionary<string, string>()
            : new Dictionary<string, string> { [ContainerLabels.Devices] = devices },
    };
}
