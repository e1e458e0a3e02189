namespace Edge.Agent.Reconcile;

/// <summary>Kubernetes' back-off for restarts and pulls: 10 s, doubled up to 5 minutes.</summary>
internal static class RestartBackoff
{
    /// <summary>
    /// A container that ran this long begins again without a wait (twice the longest wait, as the kubelet).
    /// </summary>
    public static readonly TimeSpan ResetAfter = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    /// <summary>The wait before a try: none at level 0, then 10 s, 20 s, 40 s up to 300 s.</summary>
    public static TimeSpan Delay(int level) =>
        level <= 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(First.Ticks << Math.Min(level - 1, 5), Longest.Ticks));

    /// <summary>When to try again. A clock that jumped back never prolongs a wait beyond the back-off itself.</summary>
    public static DateTimeOffset Due(DateTimeOffset finishedAt, int level, DateTimeOffset now)
    {
        var delay = Delay(level);
        var due = finishedAt + delay;
        return due > now + delay ? now : due;
    }

    /// <summary>As Kubernetes prints it: <c>10s</c>, <c>1m20s</c>, <c>5m0s</c>.</summary>
    public static string Print(TimeSpan delay) =>
        delay < TimeSpan.FromMinutes(1) ? $"{(int)delay.TotalSeconds}s" : $"{(int)delay.TotalMinutes}m{delay.Seconds}s";
}
