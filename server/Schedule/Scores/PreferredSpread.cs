using Edge.Server.Schedule.Topology;

namespace Edge.Server.Schedule.Scores;

/// <summary>
/// Prefers domains with fewer pods that a ScheduleAnyway constraint means. A constraint with more domains weighs more,
/// by a logarithm, so that the host name does not drown the zone (kube-scheduler's PodTopologySpread).
/// </summary>
internal static class PreferredSpread
{
    /// <summary>Marks a candidate that lacks one of the labels.</summary>
    private const long Ignored = -1;

    public static void Fill(PreparedPod pod, List<NodeView> candidates, long[] scores)
    {
        var rules = pod.PreferredSpread;
        Span<double> weights = stackalloc double[rules.Length];
        var complete = MarkIgnored(rules, candidates, scores);
        for (var rule = 0; rule < rules.Length; rule++)
        {
            var domains = rules[rule].Key.Label == TopologyKey.Hostname
                ? complete
                : DomainsOf(rules[rule].Key, candidates, scores);
            weights[rule] = Math.Log(domains + 2);
        }

        long min = long.MaxValue, max = 0;
        for (var at = 0; at < candidates.Count; at++)
        {
            if (scores[at] != Ignored)
            {
                scores[at] = Raw(rules, weights, candidates[at].Slot);
                (min, max) = (Math.Min(min, scores[at]), Math.Max(max, scores[at]));
            }
        }

        for (var at = 0; at < candidates.Count; at++)
        {
            scores[at] = scores[at] == Ignored ? 0
                : max == 0 ? NodeScore.Max
                : NodeScore.Max * (max + min - scores[at]) / max;
        }
    }

    /// <summary>How many candidates have all the labels.</summary>
    private static int MarkIgnored(PreparedPod.SpreadRule[] rules, List<NodeView> candidates, long[] scores)
    {
        var complete = 0;
        for (var at = 0; at < candidates.Count; at++)
        {
            scores[at] = 0;
            foreach (var rule in rules)
            {
                scores[at] = rule.Key.DomainOf[candidates[at].Slot] < 0 ? Ignored : scores[at];
            }

            complete += scores[at] == Ignored ? 0 : 1;
        }

        return complete;
    }

    private static int DomainsOf(TopologyKey key, List<NodeView> candidates, long[] scores)
    {
        const int OnStack = 1024;
        Span<bool> seen = key.Numbers <= OnStack ? stackalloc bool[key.Numbers] : new bool[key.Numbers];
        var count = 0;
        for (var at = 0; at < candidates.Count; at++)
        {
            var domain = key.DomainOf[candidates[at].Slot];
            if (scores[at] != Ignored && !seen[domain])
            {
                seen[domain] = true;
                count++;
            }
        }

        return count;
    }

    private static long Raw(PreparedPod.SpreadRule[] rules, ReadOnlySpan<double> weights, int slot)
    {
        double sum = 0;
        for (var at = 0; at < rules.Length; at++)
        {
            var count = (rules[at].OnNode ?? rules[at].Pods)?.At(slot) ?? 0;
            sum += count * weights[at] + (rules[at].Term.MaxSkew - 1);
        }

        return (long)Math.Round(sum, MidpointRounding.AwayFromZero);
    }
}
