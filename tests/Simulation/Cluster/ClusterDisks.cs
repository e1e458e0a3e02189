using System.Collections.Concurrent;
using Edge.Agent.Ledger;
using Microsoft.Data.Sqlite;

namespace Edge.Tests.Simulation.Cluster;

/// <summary>
/// The disks of a world's nodes: databases in memory, used again by the next world, because to make one takes longer
/// than a node lives. What a life of an agent committed is what its next life reads.
/// </summary>
internal sealed class ClusterDisks : IDisposable
{
    private static readonly ConcurrentBag<ClusterDisks> s_free = [];

    private readonly string _directory;
    private readonly SqliteConnection[] _databases;

    private ClusterDisks()
    {
        _directory = Edge.Tests.Support.MemoryDirectory.Create("edge-cluster-");
        _databases = [.. Enumerable.Range(0, ClusterWorld.Nodes).Select(_ => LedgerDatabase.Open(":memory:"))];
        Box = SecretBox.Open(Path.Combine(_directory, "key"));
        for (var number = 0; number < ClusterWorld.Nodes; number++)
        {
            Directory.CreateDirectory(RunDir(number));
        }
    }

    public SecretBox Box { get; }

    public static ClusterDisks Take() => s_free.TryTake(out var free) ? free : new ClusterDisks();

    public SqliteConnection Of(int number) => _databases[number];

    public string RunDir(int number) => Path.Combine(_directory, $"run-{number}");

    /// <summary>Empties them for the next world.</summary>
    public void Dispose()
    {
        for (var number = 0; number < ClusterWorld.Nodes; number++)
        {
            using var command = _databases[number].CreateCommand();
            command.CommandText = "DELETE FROM desired; DELETE FROM pods; DELETE FROM meta";
            command.ExecuteNonQuery();
            File.Delete(Path.Combine(RunDir(number), "last-answered"));
        }

        s_free.Add(this);
    }
}
