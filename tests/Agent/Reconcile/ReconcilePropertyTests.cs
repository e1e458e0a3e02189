using Edge.Tests.Agent.Reconcile.Simulation;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>
/// Plan, runner, record and ledger together under faults, over many seeds. One more seed: EDGE_SEED=n.
/// </summary>
public sealed class ReconcilePropertyTests
{
    private const int Seeds = 300;

    private static readonly int TraceShown = 80;

    [Fact]
    public async Task Whatever_breaks_nothing_forbidden_happens_and_all_settles()
    {
        if (int.TryParse(System.Environment.GetEnvironmentVariable("EDGE_SEED"), out var one))
        {
            await Holds(one);
            return;
        }

        for (var seed = 0; seed < Seeds; seed++)
        {
            await Holds(seed);
        }
    }

    [Theory]
    [InlineData(0, "a pod began without the ConfigMap it mounts; a forgotten pod was forgotten again without end")]
    [InlineData(5, "an agent that died between create and start left a container whose image needed the registry")]
    public async Task A_seed_that_once_failed_holds(int seed, string what)
    {
        Assert.NotEmpty(what);
        await Holds(seed);
    }

    [Fact]
    public async Task One_seed_gives_one_trace()
    {
        for (var seed = 0; seed < 10; seed++)
        {
            Assert.Equal(await TraceOf(seed), await TraceOf(seed));
        }
    }

    [Fact]
    public async Task A_node_that_ignores_signals_is_caught_by_the_progress_check() =>
        Assert.True(await IsCaught((clock, random, faults, trace) => new DeafNode(clock, random, faults, trace)));

    [Fact]
    public async Task A_node_that_keeps_removed_containers_is_caught() =>
        Assert.True(await IsCaught((clock, random, faults, trace) => new HoardingNode(clock, random, faults, trace)));

    private static async Task Holds(int seed)
    {
        await using var run = new SimRun(seed);
        try
        {
            await run.Go();
        }
        catch (SimViolation violation)
        {
            Assert.Fail($"seed {seed}: {violation.Message}\n{string.Join('\n', run.Trace.TakeLast(TraceShown))}");
        }
    }

    private static async Task<List<string>> TraceOf(int seed)
    {
        await using var run = new SimRun(seed);
        await run.Go();
        return run.Trace;
    }

    private static async Task<bool> IsCaught(Func<FakeClock, Random, SimFaults, List<string>, SimWorld> node)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            await using var run = new SimRun(seed, node);
            try
            {
                await run.Go();
            }
            catch (SimViolation)
            {
                return true;
            }
        }

        return false;
    }

    private sealed class DeafNode(FakeClock clock, Random random, SimFaults faults, List<string> trace)
        : SimWorld(clock, random, faults, trace)
    {
        public override Task Signal(string id, int signal, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class HoardingNode(FakeClock clock, Random random, SimFaults faults, List<string> trace)
        : SimWorld(clock, random, faults, trace)
    {
        public override Task Remove(string id, CancellationToken cancellation) => Task.CompletedTask;
    }
}
