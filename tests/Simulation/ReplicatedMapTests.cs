using Edge.Proto.Sync;

namespace Edge.Tests.Simulation;

public sealed class ReplicatedMapTests
{
    /// <summary>
    /// More than this in a row by <c>EDGE_SIMULATION_SEEDS</c>, in the long run that is not part of CI.
    /// </summary>
    private const int Seeds = 1200;

    private const int Steps = 40;

    [Fact]
    public void It_converges_after_any_loss_duplication_reordering_and_crash()
    {
        var seeds = int.TryParse(Environment.GetEnvironmentVariable("EDGE_SIMULATION_SEEDS"), out var many)
            ? many
            : Seeds;
        var commits = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            commits += Live(seed, ReaderRules.Right);
        }

        // A simulation in which little happens proves little.
        Assert.True(commits > seeds * 5, $"only {commits} commits in {seeds} seeds");
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        Assert.Equal(TraceOf(7), TraceOf(7));
        Assert.NotEqual(TraceOf(7), TraceOf(8));
    }

    [Fact]
    public void A_reader_that_checks_neither_place_nor_digest_is_found()
    {
        var rules = new ReaderRules { ChecksDigest = false, ChecksPlace = false };
        var broken = FirstBroken(rules);
        // A wrong place shows as an ack of what is not there, or as a state that never was.
        Assert.Matches("never had|not on disk", broken);
    }

    [Fact]
    public void A_reader_that_acknowledges_before_its_commit_is_found()
    {
        var rules = new ReaderRules { AcknowledgesAfterCommit = false };
        var broken = FirstBroken(rules);
        Assert.Contains("not on disk", broken, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_new_session_with_equal_digests_transfers_nothing(bool newServer, bool newAgent)
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var world = new MapWorld(seed);
            world.Suffer(Steps);
            world.Calm(TimeSpan.FromMinutes(20));
            var (chunks, commits) = (world.Chunks, world.Commits);
            world.Reconnect(newServer, newAgent);
            Assert.Equal((chunks, commits), (world.Chunks, world.Commits));
        }
    }

    [Fact]
    public void An_idle_link_carries_two_packets_a_heartbeat_and_nothing_else()
    {
        var world = new MapWorld(3);
        world.Suffer(Steps);
        world.Calm(TimeSpan.FromMinutes(20));
        var before = world.Packets;
        world.Idle(TimeSpan.FromHours(2));
        Assert.InRange(world.Packets - before, 2 * 59, 2 * 61);
    }

    private static int Live(int seed, ReaderRules rules)
    {
        try
        {
            var world = new MapWorld(seed, rules);
            world.Suffer(Steps);
            world.Calm(TimeSpan.FromMinutes(20));
            return world.Commits;
        }
        catch (PropertyBroken broken)
        {
            throw new PropertyBroken($"seed {seed}: {broken.Message}");
        }
    }

    private static string TraceOf(int seed)
    {
        var world = new MapWorld(seed);
        world.Suffer(Steps);
        world.Calm(TimeSpan.FromMinutes(20));
        return world.TraceHash;
    }

    private static string FirstBroken(ReaderRules rules)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                Live(seed, rules);
            }
            catch (PropertyBroken broken)
            {
                return broken.Message;
            }
        }

        return "nothing";
    }
}
