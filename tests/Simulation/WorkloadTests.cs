using System.Globalization;
using Edge.Tests.Simulation.Workloads;

namespace Edge.Tests.Simulation;

/// <summary>
/// The server with every controller on and a hundred nodes: whatever order things come in, whatever is lost, cut off,
/// crashes or whichever clock jumps, the bounds hold at every moment and everything settles.
/// </summary>
public sealed class WorkloadTests
{
    private const int Steps = 400;

    private static int Seeds => int.TryParse(
        Environment.GetEnvironmentVariable("EDGE_WORKLOAD_SEEDS"), CultureInfo.InvariantCulture, out var count)
        ? count
        : 5;

    private static int First => int.TryParse(
        Environment.GetEnvironmentVariable("EDGE_WORKLOAD_FIRST"), CultureInfo.InvariantCulture, out var seed)
        ? seed
        : 1;

    public static TheoryData<int> Worlds() => [.. Enumerable.Range(First, Seeds)];

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Workloads_keep_their_bounds_and_settle(int seed)
    {
        using var world = new SimWorld(seed);
        for (var step = 0; step < Steps; step++)
        {
            world.Step();
        }

        world.Settle();
        world.Finish();
    }
}
