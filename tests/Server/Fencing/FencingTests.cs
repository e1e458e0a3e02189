namespace Edge.Tests.Server.Fencing;

/// <summary>
/// What must never be, over many seeds: the server takes a pod for gone, so that another may run, while its node runs
/// it. <c>EDGE_FENCING_SEEDS</c> is how many are tried, for hours of them.
/// </summary>
public sealed class FencingTests
{
    [Fact]
    public void The_server_never_takes_a_pod_for_gone_that_its_node_runs()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("EDGE_FENCING_SEEDS"), out var many) ? many : 60;
        var (removed, started) = (0, 0);
        for (var seed = 0; seed < seeds; seed++)
        {
            using var world = new FencingWorld(seed);
            var fault = world.Run();
            Assert.True(
                fault is null, $"seed {seed}: {fault}\n{string.Join('\n', world.Trace.TakeLast(40))}");
            removed += world.Removed;
            started += world.Started;
        }

        Assert.True(removed >= seeds, $"only {removed} pods were taken for gone in {seeds} lives");
        Assert.True(started >= seeds * 4, $"only {started} starts in {seeds} lives");
    }
}
