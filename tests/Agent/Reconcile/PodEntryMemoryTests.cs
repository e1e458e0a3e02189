using System.Collections.Immutable;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>Measures the heap of the whole process, so nothing else may run beside it.</summary>
[Collection(Name)]
public sealed class PodEntryMemoryTests
{
    public const string Name = "alone";

    private const int Changes = 100_000;

    /// <summary>What the test host itself comes and goes by; 100,000 remembered changes took 9 MB.</summary>
    private const long NoiseBytes = 2 << 20;

    /// <summary>A pod may stand for a year without a run, while the entries of its node change every day.</summary>
    [Fact]
    public void However_often_desired_changes_without_a_run_nothing_piles_up()
    {
        var entry = new PodEntry("u");
        var facts = new NodeFacts("n", "192.0.2.1", 4000, 1 << 30, 1 << 30);
        var desired = ImmutableDictionary<string, byte[]>.Empty.Add(
            "pods/u", """{"metadata":{"uid":"u"},"spec":{"containers":[]}}"""u8.ToArray());
        entry.Take(desired, facts);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var change = 0; change < Changes; change++)
        {
            entry.Take(desired.SetItem("pods/other", BitConverter.GetBytes(change)), facts);
        }

        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true), 0, before + NoiseBytes);
        GC.KeepAlive(entry);
    }
}

[CollectionDefinition(PodEntryMemoryTests.Name, DisableParallelization = true)]
public sealed class AloneTests;
