using System.Diagnostics;
using System.Globalization;
using Edge.Tests.Simulation.Cluster;
using Xunit.Abstractions;

namespace Edge.Tests.Simulation;

/// <summary>
/// Server and agents together, the real code of both, through loss, repetition, reordering, delay, partitions, power
/// cuts, crashes and restored backups. One seed again, with its whole trace when it fails: EDGE_CLUSTER_SEED=n.
/// </summary>
public sealed class ClusterTests(ITestOutputHelper output)
{
    /// <summary>100 node-hours each. More by EDGE_CLUSTER_SEEDS, in the long run that is not part of CI.</summary>
    private const int Seeds = 1000;

    private const int DaysStretch = 12;
    private const int DaysSeeds = 5;

    /// <summary>Worlds within which a broken rule must be found.</summary>
    private const int BrokenSeeds = 200;

    [Fact]
    public void Whatever_breaks_nothing_forbidden_happens_and_all_comes_to_one_state()
    {
        var (one, watch, tally) = (Number("EDGE_CLUSTER_SEED"), Stopwatch.StartNew(), new ClusterTally());
        var first = one ?? 0;
        var seeds = one is null ? Number("EDGE_CLUSTER_SEEDS") ?? Seeds : 1;
        Worlds.Each(first, seeds, seed =>
        {
            var lived = ClusterLife.Live(seed, ClusterRules.Right, keepsTrace: one is not null);
            lock (tally)
            {
                tally.Add(lived);
            }
        });

        output.WriteLine($"{seeds} seeds of 100 node-hours in {watch.Elapsed.TotalSeconds:f0} s: {tally}");
        // A simulation in which little happens proves little.
        Assert.True(tally.Commits > seeds * 20 && tally.Starts > seeds * 20 && tally.Given > seeds, $"{tally}");
    }

    /// <summary>Nine days each, with absences of up to four.</summary>
    [Fact]
    public void Days_of_absence_end_in_one_state_too()
    {
        var (watch, tally) = (Stopwatch.StartNew(), new ClusterTally());
        var seeds = Math.Max(DaysSeeds, (Number("EDGE_CLUSTER_SEEDS") ?? 0) / 50);
        Worlds.Each(0, seeds, seed =>
        {
            var lived = ClusterLife.Live(seed, ClusterRules.Right, stretch: DaysStretch);
            lock (tally)
            {
                tally.Add(lived);
            }
        });
        output.WriteLine($"{seeds} seeds of {DaysStretch}00 node-hours in {watch.Elapsed.TotalSeconds:f0} s: {tally}");
    }

    [Theory]
    [InlineData(98, "a pod that its node had removed, and that a restored backup brought back, never began again")]
    [InlineData(563, "a process ended in the very moment of the look, and its restart was not reported yet")]
    [InlineData(791, "a Job's pod that was over, deleted, and brought back by a restored backup ran again")]
    [InlineData(133, "the end of a pod that a restored backup brought back was judged before its node heard of it")]
    public void A_seed_that_once_failed_holds(int seed, string what)
    {
        Assert.NotEmpty(what);
        ClusterLife.Live(seed, ClusterRules.Right);
    }

    [Fact]
    public void The_same_seed_gives_the_same_trace()
    {
        var (one, other) = (ClusterLife.TraceOf(7), ClusterLife.TraceOf(7));
        Assert.Equal(one, other);
        Assert.NotEqual(one, ClusterLife.TraceOf(8));
    }

    [Fact]
    public void A_server_that_answers_before_it_knows_its_pods_is_found() =>
        Assert.Contains("healthy and wanted", FirstBroken(new ClusterRules { PrimesFirst = false }));

    [Fact]
    public void A_node_that_counts_its_lease_from_the_answer_is_found() =>
        Assert.Contains("runs twice", FirstBroken(new ClusterRules { CountsFromSending = false }));

    [Fact]
    public void A_node_that_trusts_what_it_held_before_a_silence_is_found() =>
        Assert.Contains("runs twice", FirstBroken(new ClusterRules { WaitsForDesired = false }));

    /// <summary>
    /// A fence that ends a pod which nothing is wrong with is seen by the fence, by the starts, or, while all return,
    /// by what their nodes report meanwhile.
    /// </summary>
    [Fact]
    public void A_node_that_is_quiet_though_a_pod_counts_on_an_answer_is_found() =>
        Assert.Matches(
            "of fence|starts were|equal digests", FirstBroken(new ClusterRules { AsksForLeases = false }));

    [Fact]
    public void A_server_that_waits_no_longer_than_the_node_may_run_is_found() =>
        Assert.Contains("runs twice", FirstBroken(new ClusterRules { GivesGrace = false }));

    /// <summary>A backup names a pod that was given away since: its successor, which it does not know, runs.</summary>
    [Fact]
    public void A_node_that_begins_at_once_what_a_restored_backup_brings_back_is_found() =>
        Assert.Contains("runs twice", FirstBroken(new ClusterRules { HoldsBack = false }));

    private string FirstBroken(ClusterRules rules)
    {
        try
        {
            Worlds.Each(0, BrokenSeeds, seed => ClusterLife.Live(seed, rules));
            return "nothing";
        }
        catch (PropertyBroken broken)
        {
            var found = broken.Message.Split('\n')[^1];
            output.WriteLine(found);
            return found;
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
