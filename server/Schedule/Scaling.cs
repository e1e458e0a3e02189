namespace Edge.Server.Schedule;

/// <summary>How raw scores of candidates become 0–100, as kube-scheduler's plugins normalize.</summary>
internal static class Scaling
{
    /// <summary>The highest becomes 100.</summary>
    public static void UpToMax(Span<long> scores)
    {
        var max = Highest(scores);
        foreach (ref var score in scores)
        {
            score = max == 0 ? 0 : score * NodeScore.Max / max;
        }
    }

    /// <summary>The highest becomes 0, and 0 becomes 100.</summary>
    public static void DownFromMax(Span<long> scores)
    {
        var max = Highest(scores);
        foreach (ref var score in scores)
        {
            score = max == 0 ? NodeScore.Max : NodeScore.Max - score * NodeScore.Max / max;
        }
    }

    /// <summary>The lowest becomes 0 and the highest 100; all are 0 when they are equal.</summary>
    public static void BetweenMinAndMax(Span<long> scores)
    {
        long min = long.MaxValue, max = long.MinValue;
        foreach (var score in scores)
        {
            (min, max) = (Math.Min(min, score), Math.Max(max, score));
        }

        foreach (ref var score in scores)
        {
            score = max == min ? 0 : (long)(NodeScore.Max * ((double)(score - min) / (max - min)));
        }
    }

    private static long Highest(ReadOnlySpan<long> scores)
    {
        long max = 0;
        foreach (var score in scores)
        {
            max = Math.Max(max, score);
        }

        return max;
    }
}
