using System.Diagnostics;

namespace Edge.Tests.Server.Schema;

/// <summary>Holds the worst order of a large body against its best one; both run on this machine, now.</summary>
internal static class Work
{
    /// <summary>The best of three each, so that it does not matter who else uses the machine.</summary>
    public static void AssertNearlyAsFast(Func<object> best, Func<object> worst)
    {
        var limit = (10 * Time(best)) + TimeSpan.FromSeconds(1);
        Assert.InRange(Time(worst), TimeSpan.Zero, limit);
    }

    private static TimeSpan Time(Func<object> work)
    {
        var best = TimeSpan.MaxValue;
        for (var at = 0; at < 3; at++)
        {
            var watch = Stopwatch.StartNew();
            work();
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        return best;
    }
}
