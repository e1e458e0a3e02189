namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>How many replicas the metrics asked for at one time.</summary>
internal sealed record Recommendation(DateTimeOffset At, int Replicas);

/// <summary>By how many replicas the target was changed at one time; never negative.</summary>
internal sealed record ScaleEvent(DateTimeOffset At, int Change);

/// <summary>
/// What an autoscaler remembers between two looks. It is not stored: after a restart it begins with the size that the
/// target has, so that nothing shrinks before the stabilization window has passed again, as upstream.
/// </summary>
/// <param name="Recommendations">Within the longest window, in order of time.</param>
/// <param name="Ups">How it grew, within the longest period of a policy.</param>
/// <param name="Downs">How it shrank.</param>
internal sealed record AutoscalerMemory(
    IReadOnlyList<Recommendation> Recommendations, IReadOnlyList<ScaleEvent> Ups, IReadOnlyList<ScaleEvent> Downs)
{
    public static AutoscalerMemory New(int replicas, DateTimeOffset now) =>
        new([new Recommendation(now, replicas)], [], []);

    /// <summary>With a recommendation more, and without those before <paramref name="cutoff"/>.</summary>
    public AutoscalerMemory Recommend(int replicas, DateTimeOffset cutoff, DateTimeOffset now) => this with
    {
        Recommendations = [.. Recommendations.Where(made => made.At >= cutoff), new Recommendation(now, replicas)],
    };

    /// <summary>With a change of size, and without those that no policy of its direction looks back to.</summary>
    public AutoscalerMemory Scaled(int from, int to, ScalingRules up, ScalingRules down, DateTimeOffset now) =>
        to > from
        ? this with { Ups = Add(Ups, to - from, up, now) }
        : this with { Downs = Add(Downs, from - to, down, now) };

    private static IReadOnlyList<ScaleEvent> Add(
        IReadOnlyList<ScaleEvent> events, int change, ScalingRules rules, DateTimeOffset now)
    {
        var cutoff = now.AddSeconds(-rules.LongestPeriodSeconds);
        return [.. events.Where(made => made.At >= cutoff), new ScaleEvent(now, change)];
    }
}
