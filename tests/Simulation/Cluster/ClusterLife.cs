namespace Edge.Tests.Simulation.Cluster;

/// <summary>100 node-hours of one seed: 5 nodes for 20 hours, 18.5 of them with faults.</summary>
internal static class ClusterLife
{
    private static readonly TimeSpan s_faults = TimeSpan.FromHours(18.5);

    /// <summary>
    /// After the last fault everything is in its place within this time: two of the longest waits of a client for its
    /// broker and of an agent for its server (5 minutes each), a resync of the node (10 minutes), a back-off of a
    /// container (5 minutes), and the same again for what came of it; or, after a restore, the longest lease.
    /// </summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(75);

    /// <summary>
    /// Of it, without an end of a process: the back-off of a container, and time to tell of it. What ended a moment ago
    /// is not in its place.
    /// </summary>
    private static readonly TimeSpan s_last = TimeSpan.FromMinutes(10);

    /// <summary>Nobody asks for anything: every node's connection breaks and comes back.</summary>
    private static readonly TimeSpan s_return = TimeSpan.FromMinutes(20);

    /// <summary>The last line of the exception says which seed and what.</summary>
    /// <exception cref="PropertyBroken">A property does not hold.</exception>
    /// <param name="seed">Of the world.</param>
    /// <param name="rules">How its parts are put together.</param>
    /// <param name="keepsTrace">For a person who wants to know what happened.</param>
    /// <param name="stretch">So many times as long, and so are absences and what lies between them.</param>
    public static ClusterTally Live(int seed, ClusterRules rules, bool keepsTrace = false, int stretch = 1)
    {
        using var world = new ClusterWorld(seed, rules, keepsTrace);
        try
        {
            new ClusterScript(world, stretch).Suffer(s_faults * stretch);
            world.Heal();
            world.Pass(s_bound - s_last);
            world.Machines.ForEach(machine => machine.IsQuiet = true);
            world.Pass(s_last);
            ClusterSettled.Check(world);
            Return(world);
            return ClusterTally.Of(world);
        }
        catch (Exception broken)
        {
            throw new PropertyBroken($"{world.Trace.Text}\n{broken.StackTrace}\nseed {seed}: {broken.Message}");
        }
    }

    public static ulong TraceOf(int seed)
    {
        using var world = new ClusterWorld(seed);
        new ClusterScript(world, stretch: 1).Suffer(s_faults / 2);
        return world.Trace.Hash;
    }

    /// <summary>
    /// Both sides hold the same: all sessions are opened anew, and nothing travels, stops or is written.
    /// </summary>
    private static void Return(ClusterWorld world)
    {
        world.Pass(s_return);
        var (equal, other) = world.Truth.Openings;
        var before = (world.Truth.Chunks, world.Truth.LedgerCommits, Starts(world));
        world.Wire.DropAll();
        world.Pass(s_return);
        var after = (world.Truth.Chunks, world.Truth.LedgerCommits, Starts(world));
        var opened = (world.Truth.Openings.Equal - equal, world.Truth.Openings.Other - other);
        Property.Holds(
            opened is (>= ClusterWorld.Nodes, 0), $"sessions with equal digests, and others: {opened}");
        Property.Holds(before == after, $"chunks, commits of ledgers and starts were {before} and are {after}");
        Property.Holds(world.WaitedMost.Events < 200, $"{world.WaitedMost.Events} events waited for the server");
        Property.Holds(world.WaitedMost.Flying < 200, $"{world.WaitedMost.Flying} messages were on one way");
        ClusterSettled.Check(world);
    }

    private static int Starts(ClusterWorld world) => world.Machines.Sum(machine => machine.Starts);
}
