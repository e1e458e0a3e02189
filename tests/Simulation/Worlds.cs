using System.Runtime.ExceptionServices;

namespace Edge.Tests.Simulation;

/// <summary>
/// Runs worlds that know nothing of each other, each on one thread, as many at once as there are cores.
/// </summary>
internal static class Worlds
{
    /// <summary>The lowest seed that fails is told of: the same one each time.</summary>
    public static void Each(int first, int count, Action<int> live)
    {
        var (next, failed, gate) = (first, (Seed: int.MaxValue, Fault: (Exception?)null), new Lock());
        var threads = Enumerable.Range(0, Math.Min(count, Environment.ProcessorCount)).Select(_ => new Thread(() =>
        {
            for (var seed = Take(); seed is not null; seed = Take())
            {
                try
                {
                    live(seed.Value);
                }
#pragma warning disable CA1031 // Thrown below, on the thread that waits.
                catch (Exception fault)
#pragma warning restore CA1031
                {
                    lock (gate)
                    {
                        failed = seed < failed.Seed ? (seed.Value, fault) : failed;
                    }
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failed.Fault is { } thrown)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }

        int? Take()
        {
            lock (gate)
            {
                return failed.Fault is null && next < first + count ? next++ : null;
            }
        }
    }
}
