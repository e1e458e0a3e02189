namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>How far a ratio may be from its target without a change (autoscaling/v2 HPAScalingRules).</summary>
internal readonly record struct Tolerance(double Up, double Down)
{
    /// <summary>Upstream's horizontal-pod-autoscaler-tolerance.</summary>
    public const double Default = 0.1;

    public bool Covers(double ratio) => 1 - Down <= ratio && ratio <= 1 + Up;
}

/// <summary>A use of a resource against its target.</summary>
/// <param name="Ratio">1 when the target is met.</param>
/// <param name="Percent">Of what was requested; null where the target is an amount.</param>
/// <param name="AverageMilli">What a pod uses on average, in thousandths.</param>
internal readonly record struct UsageRatio(double Ratio, int? Percent, long AverageMilli);

/// <summary>
/// How many replicas bring the pods' use to its target (upstream's algorithm). Where something is unknown it is assumed
/// so that the change becomes smaller; a change that such an assumption turns round is none. Pure.
/// </summary>
internal static class ReplicaCalculator
{
    /// <param name="groups">The pods and what they use.</param>
    /// <param name="current">How many replicas the target has.</param>
    /// <param name="tolerance">What is close enough.</param>
    /// <param name="ratioOf">The ratio of the pods' use to the target.</param>
    /// <param name="fullUse">What a pod of which nothing is known is taken to use when pods are too many.</param>
    public static (int Replicas, UsageRatio Usage) Replicas(
        PodGroups groups, int current, Tolerance tolerance, Func<IReadOnlyDictionary<string, long>, UsageRatio> ratioOf,
        Func<string, long> fullUse)
    {
        var usage = ratioOf(groups.Values);
        var ratio = usage.Ratio;
        var countUnready = groups.Unready.Count > 0 && ratio > 1;
        if (!countUnready && groups.Missing.Count == 0)
        {
            return (tolerance.Covers(ratio) ? current : Pods(ratio, groups.Ready), usage);
        }

        var assumed = new Dictionary<string, long>(groups.Values);
        foreach (var pod in ratio == 1 ? [] : groups.Missing)
        {
            assumed[pod] = ratio < 1 ? fullUse(pod) : 0;
        }

        foreach (var pod in countUnready ? groups.Unready : [])
        {
            assumed[pod] = 0;
        }

        var careful = ratioOf(assumed).Ratio;
        var replicas = Pods(careful, assumed.Count);
        var turned = (ratio < 1 && careful > 1) || (ratio > 1 && careful < 1)
            || (careful < 1 && replicas > current) || (careful > 1 && replicas < current);
        return (tolerance.Covers(careful) || turned ? current : replicas, usage);
    }

    /// <summary>The use against a share of what the pods request; null where they request nothing.</summary>
    public static UsageRatio? ByUtilization(
        IReadOnlyDictionary<string, long> values, IReadOnlyDictionary<string, long> requests, int targetPercent)
    {
        // The sum of what nodes may say is beyond 64 bits.
        var (used, requested) = (0m, 0m);
        var count = 0;
        foreach (var (pod, value) in values)
        {
            if (requests.TryGetValue(pod, out var request))
            {
                (used, requested, count) = (used + value, requested + request, count + 1);
            }
        }

        if (requested == 0)
        {
            return null;
        }

        var percent = (int)Math.Min(used * 100 / requested, int.MaxValue);
        return new UsageRatio((double)percent / targetPercent, percent, (long)(used / count));
    }

    /// <summary>The use against an amount for each pod; of at least one pod.</summary>
    public static UsageRatio ByAmount(IReadOnlyDictionary<string, long> values, long targetMilli)
    {
        var used = 0m;
        foreach (var value in values.Values)
        {
            used += value;
        }

        var average = (long)(used / values.Count);
        return new UsageRatio((double)average / targetMilli, null, average);
    }

    private static int Pods(double ratio, int count) => (int)Math.Min(int.MaxValue, Math.Ceiling(ratio * count));
}
