using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>
/// How fast pods may come, or go (autoscaling/v2 HPAScalingRules), with the defaults filled in. Pure.
/// </summary>
/// <param name="Window">How long a recommendation counts.</param>
/// <param name="Select">Which policy decides: <c>Max</c>, <c>Min</c> or <c>Disabled</c>.</param>
/// <param name="Policies">How much may change in a time.</param>
internal sealed record ScalingRules(TimeSpan Window, string Select, IReadOnlyList<HpaScalingPolicy> Policies)
{
    /// <summary>Upstream's horizontal-pod-autoscaler-downscale-stabilization.</summary>
    public static readonly TimeSpan DownWindow = TimeSpan.FromMinutes(5);

    private const string Pods = "Pods";
    private const string Percent = "Percent";
    private const string Disabled = "Disabled";
    private const string Least = "Min";
    private const string Most = "Max";

    private static readonly IReadOnlyList<HpaScalingPolicy> s_up =
    [
        new() { Type = Pods, Value = 4, PeriodSeconds = 15 }, new() { Type = Percent, Value = 100, PeriodSeconds = 15 },
    ];

    private static readonly IReadOnlyList<HpaScalingPolicy> s_down =
        [new() { Type = Percent, Value = 100, PeriodSeconds = 15 }];

    public int LongestPeriodSeconds
    {
        get
        {
            var longest = 0;
            foreach (var policy in Policies)
            {
                longest = Math.Max(longest, policy.PeriodSeconds);
            }

            return longest;
        }
    }

    public static ScalingRules Up(HpaScalingRules? given) => From(given, TimeSpan.Zero, s_up);

    public static ScalingRules Down(HpaScalingRules? given) => From(given, DownWindow, s_down);

    /// <summary>
    /// The most replicas that the policies allow now. What came and went within a policy's period is counted back to
    /// the size at its begin.
    /// </summary>
    public int UpLimit(int current, AutoscalerMemory memory, DateTimeOffset now)
    {
        if (Select == Disabled)
        {
            return current;
        }

        var result = Select == Least ? int.MaxValue : int.MinValue;
        foreach (var policy in Policies)
        {
            var start = AtStart(policy, current, memory, now);
            // Rounded up: a small share of few pods would never let them grow.
            var proposed = policy.Type == Percent
                ? Math.Ceiling(start * (1 + (policy.Value / 100.0)))
                : start + (double)policy.Value;
            var bounded = (int)Math.Clamp(proposed, int.MinValue, int.MaxValue);
            result = Select == Least ? Math.Min(result, bounded) : Math.Max(result, bounded);
        }

        return Math.Max(current, result);
    }

    /// <summary>The fewest replicas that the policies allow now.</summary>
    public int DownLimit(int current, AutoscalerMemory memory, DateTimeOffset now)
    {
        if (Select == Disabled)
        {
            return current;
        }

        var result = Select == Least ? int.MinValue : int.MaxValue;
        foreach (var policy in Policies)
        {
            var start = AtStart(policy, current, memory, now);
            var proposed = policy.Type == Percent
                ? (int)(start * (1 - (policy.Value / 100.0)))
                : start - policy.Value;
            result = Select == Least ? Math.Max(result, proposed) : Math.Min(result, proposed);
        }

        return Math.Min(current, result);
    }

    private static int AtStart(HpaScalingPolicy policy, int current, AutoscalerMemory memory, DateTimeOffset now)
    {
        var cutoff = now.AddSeconds(-policy.PeriodSeconds);
        return current - Sum(memory.Ups, cutoff) + Sum(memory.Downs, cutoff);
    }

    private static int Sum(IReadOnlyList<ScaleEvent> events, DateTimeOffset cutoff)
    {
        var sum = 0;
        foreach (var made in events)
        {
            sum += made.At > cutoff ? made.Change : 0;
        }

        return sum;
    }

    private static ScalingRules From(
        HpaScalingRules? given, TimeSpan window, IReadOnlyList<HpaScalingPolicy> policies) => new(
        given?.StabilizationWindowSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : window,
        given?.SelectPolicy ?? Most,
        given?.Policies is { Count: > 0 } own ? own : policies);
}
