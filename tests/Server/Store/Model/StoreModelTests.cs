using System.Globalization;

namespace Edge.Tests.Server.Store.Model;

/// <summary>
/// The store against a model of it, over many seeds: no event is lost, comes twice or out of order, a watch is told
/// instead of missing something, and no revision is used twice. <c>EDGE_STORE_SEEDS</c> tries more of them.
/// </summary>
public sealed class StoreModelTests
{
    private const int Steps = 400;

    private static readonly int s_seeds =
        int.Parse(Environment.GetEnvironmentVariable("EDGE_STORE_SEEDS") ?? "24", CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_store_is_its_model_whatever_is_done_to_it()
    {
        var (compacted, restarts, restores) = (0, 0, 0);
        for (var seed = 1; seed <= s_seeds; seed++)
        {
            await using var run = new StoreModelRun(seed);
            var step = 0;
            try
            {
                for (; step < Steps; step++)
                {
                    await run.Step();
                }

                await run.Finish();
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}, step {step}: {fault.Message}", fault);
            }

            compacted += run.Counts.Compacted;
            restarts += run.Counts.Restarts;
            restores += run.Counts.Restores;
        }

        Assert.True(
            compacted >= s_seeds && restarts >= s_seeds && restores >= s_seeds,
            $"little happened: {compacted}, {restarts}, {restores}");
    }
}
