namespace Edge.Tests.Simulation.Cluster;

/// <summary>How much happened: a simulation in which little happens proves little.</summary>
internal sealed class ClusterTally
{
    public int Packets { get; private set; }

    public int Commits { get; private set; }

    public int Starts { get; private set; }

    public int Given { get; private set; }

    /// <summary>Of all traces, in whatever order the worlds ended.</summary>
    public ulong Hash { get; private set; }

    public static ClusterTally Of(ClusterWorld world) => new()
    {
        Packets = world.Wire.Packets,
        Commits = world.Truth.LedgerCommits,
        Starts = world.Machines.Sum(machine => machine.Starts),
        Given = world.Given,
        Hash = world.Trace.Hash,
    };

    public void Add(ClusterTally other)
    {
        Packets += other.Packets;
        Commits += other.Commits;
        Starts += other.Starts;
        Given += other.Given;
        Hash ^= other.Hash;
    }

    public override string ToString() =>
        $"{Packets} packets, {Commits} commits of ledgers, {Starts} starts of containers, {Given} fences, "
        + $"traces {Hash:x16}";
}
