namespace Edge.Proto.Sync;

/// <summary>Comparing times that may be absent: null means never.</summary>
public static class Times
{
    public static TimeSpan? Earliest(params ReadOnlySpan<TimeSpan?> times)
    {
        TimeSpan? earliest = null;
        foreach (var time in times)
        {
            earliest = time is { } at && (earliest is null || at < earliest) ? at : earliest;
        }

        return earliest;
    }

    public static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public static TimeSpan Latest(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
