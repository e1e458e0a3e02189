using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What is to be done with a recommendation, and why it was changed.</summary>
/// <param name="Replicas">Of what was recommended, what may be done now.</param>
/// <param name="Able">Of condition AbleToScale: reason and message.</param>
/// <param name="Limited">Of condition ScalingLimited: reason and message.</param>
/// <param name="IsLimited">Whether a bound holds it back.</param>
/// <param name="Memory">With this recommendation.</param>
internal sealed record Bounded(
    int Replicas, (string Reason, string Message) Able, (string Reason, string Message) Limited, bool IsLimited,
    AutoscalerMemory Memory);

/// <summary>
/// Keeps a recommendation steady and within its bounds: windows first, then the rate, then least and most. Pure.
/// </summary>
internal static class Stabilization
{
    /// <summary>Without rules of its own a target at most doubles at once, or grows to 4; as upstream.</summary>
    private const int GrowthFactor = 2;

    private const int GrowthFree = 4;

    private static readonly (string, string) s_ready =
        ("ReadyForNewScale", "recommended size matches current size");

    private static readonly (string, string) s_downHeld = (
        "ScaleDownStabilized",
        "recent recommendations were higher than current one, applying the highest recent recommendation");

    private static readonly (string, string) s_upHeld = (
        "ScaleUpStabilized",
        "recent recommendations were lower than current one, applying the lowest recent recommendation");

    private static readonly (string, string) s_tooFast = (
        "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate");

    private static readonly (string, string) s_tooFastDown = (
        "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate");

    private static readonly (string, string) s_tooMany = (
        "TooManyReplicas", "the desired replica count is more than the maximum replica count");

    private static readonly (string, string) s_tooFew = (
        "TooFewReplicas", "the desired replica count is less than the minimum replica count");

    private static readonly (string, string) s_within = (
        "DesiredWithinRange", "the desired count is within the acceptable range");

    /// <param name="state">Bounds and rules.</param>
    /// <param name="current">The size that the target has.</param>
    /// <param name="wanted">What the metrics ask for.</param>
    /// <param name="memory">What was recommended and done before.</param>
    /// <param name="now">The moment.</param>
    public static Bounded Of(
        AutoscalerState state, int current, int wanted, AutoscalerMemory memory, DateTimeOffset now) =>
        state.Autoscaler.Spec.Behavior is { } behavior
            ? WithRules(state, behavior, current, wanted, memory, now)
            : WithDefaults(state, current, wanted, memory, now);

    private static Bounded WithDefaults(
        AutoscalerState state, int current, int wanted, AutoscalerMemory memory, DateTimeOffset now)
    {
        var cutoff = now - ScalingRules.DownWindow;
        var stable = wanted;
        foreach (var made in memory.Recommendations)
        {
            stable = made.At >= cutoff ? Math.Max(stable, made.Replicas) : stable;
        }

        var rate = (int)Math.Min(int.MaxValue, Math.Max((long)GrowthFactor * current, GrowthFree));
        var (most, above) = state.Max > rate ? (rate, s_tooFast) : (state.Max, s_tooMany);
        var (replicas, limit) = stable < state.Min ? (state.Min, s_tooFew)
            : stable > most ? (most, above) : (stable, s_within);
        return new Bounded(
            replicas, stable == wanted ? s_ready : s_downHeld, limit, replicas != stable,
            memory.Recommend(wanted, cutoff, now));
    }

    private static Bounded WithRules(
        AutoscalerState state, HorizontalPodAutoscalerBehavior behavior, int current, int wanted,
        AutoscalerMemory memory, DateTimeOffset now)
    {
        var (up, down) = (ScalingRules.Up(behavior.ScaleUp), ScalingRules.Down(behavior.ScaleDown));
        var (upCutoff, downCutoff) = (now - up.Window, now - down.Window);
        var (lowest, highest) = (wanted, wanted);
        foreach (var made in memory.Recommendations)
        {
            lowest = made.At > upCutoff ? Math.Min(lowest, made.Replicas) : lowest;
            highest = made.At > downCutoff ? Math.Max(highest, made.Replicas) : highest;
        }

        // Up to the least that was asked for lately, down to the most.
        var stable = Math.Min(Math.Max(current, lowest), highest);
        var able = stable == wanted ? s_ready : wanted >= current ? s_upHeld : s_downHeld;
        var (replicas, limit) = Rate(state, up, down, current, stable, memory, now);
        var cutoff = upCutoff < downCutoff ? upCutoff : downCutoff;
        return new Bounded(replicas, able, limit, replicas != stable, memory.Recommend(wanted, cutoff, now));
    }

    private static (int Replicas, (string, string) Limit) Rate(
        AutoscalerState state, ScalingRules up, ScalingRules down, int current, int wanted, AutoscalerMemory memory,
        DateTimeOffset now)
    {
        if (wanted > current)
        {
            var rate = up.UpLimit(current, memory, now);
            var (most, above) = state.Max > rate ? (rate, s_tooFast) : (state.Max, s_tooMany);
            return wanted > most ? (most, above) : (wanted, s_within);
        }

        if (wanted < current)
        {
            var rate = down.DownLimit(current, memory, now);
            var (least, below) = state.Min < rate ? (rate, s_tooFastDown) : (state.Min, s_tooFew);
            return wanted < least ? (least, below) : (wanted, s_within);
        }

        return (wanted, s_within);
    }
}
