using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>Pods to be near to or away from; near means an equal value of the nodes' label.</summary>
internal sealed record NearTerm(PodSelector Pods, string TopologyKey);

/// <summary>A preference of pods to be near to; a negative weight keeps away.</summary>
internal sealed record WeightedTerm(PodSelector Pods, string TopologyKey, int Weight);

/// <summary>
/// One spread constraint. <paramref name="Pods"/> is null for a selector without requirements, which counts nothing, as
/// in kube-scheduler; <paramref name="Self"/> is 1 when the pod itself will count.
/// </summary>
internal sealed record SpreadTerm(
    PodSelector? Pods, string TopologyKey, int MaxSkew, int MinDomains, int Self, NodeScope Scope);

/// <summary>
/// All that a pod says about other pods, with its own labels and namespace put in. Of a list longer than the API lets
/// in (a pod may have been stored before it did) the terms beyond the bound are not read.
/// </summary>
internal sealed record PodTerms
{
    public static PodTerms None { get; } = new();

    public IReadOnlyList<NearTerm> Near { get; init; } = [];
    public IReadOnlyList<NearTerm> Apart { get; init; } = [];
    public IReadOnlyList<WeightedTerm> Preferred { get; init; } = [];

    /// <summary>Constraints that must hold.</summary>
    public IReadOnlyList<SpreadTerm> Spread { get; init; } = [];

    /// <summary>Constraints that only steer.</summary>
    public IReadOnlyList<SpreadTerm> PreferredSpread { get; init; } = [];

    /// <summary>True when the terms are the same for all pods with this spec in one namespace.</summary>
    public static bool AreFreeOfLabels(PodSpec spec) =>
        spec.Affinity?.PodAffinity is null && spec.Affinity?.PodAntiAffinity is null
        && spec.TopologySpreadConstraints is null or { Count: 0 };

    public static PodTerms Of(PodSpec spec, string ns, LabelSet labels)
    {
        if (AreFreeOfLabels(spec))
        {
            return None;
        }

        var near = spec.Affinity?.PodAffinity;
        var apart = spec.Affinity?.PodAntiAffinity;
        var preferred = new List<WeightedTerm>();
        Add(preferred, near?.PreferredDuringSchedulingIgnoredDuringExecution, 1);
        Add(preferred, apart?.PreferredDuringSchedulingIgnoredDuringExecution, -1);
        return new PodTerms
        {
            Near = Required(near?.RequiredDuringSchedulingIgnoredDuringExecution),
            Apart = Required(apart?.RequiredDuringSchedulingIgnoredDuringExecution),
            Preferred = preferred,
            Spread = SpreadOf(spec, "DoNotSchedule", ns, labels),
            PreferredSpread = SpreadOf(spec, "ScheduleAnyway", ns, labels),
        };

        NearTerm[] Required(IReadOnlyList<PodAffinityTerm>? terms) =>
        [
            .. (terms ?? []).Take(PodAffinityTerm.Max)
                .Select(term => new NearTerm(PodSelector.Of(term, ns, labels), term.TopologyKey)),
        ];

        void Add(List<WeightedTerm> into, IReadOnlyList<WeightedPodAffinityTerm>? terms, int sign)
        {
            foreach (var term in (terms ?? []).Take(PodAffinityTerm.Max))
            {
                var pods = PodSelector.Of(term.PodAffinityTerm, ns, labels);
                into.Add(new WeightedTerm(pods, term.PodAffinityTerm.TopologyKey, sign * term.Weight));
            }
        }
    }

    private static SpreadTerm[] SpreadOf(PodSpec spec, string when, string ns, LabelSet labels)
    {
        var constraints = (spec.TopologySpreadConstraints ?? []).Where(one => one.WhenUnsatisfiable == when)
            .Take(TopologySpreadConstraint.Max).ToList();
        string[] keys = [.. constraints.Select(one => one.TopologyKey).Distinct().Order(StringComparer.Ordinal)];
        var scopes = new Dictionary<(bool, bool), NodeScope>();
        return
        [
            .. constraints.Select(one =>
            {
                var matcher = LabelMatcher.From(one.LabelSelector, one.MatchLabelKeys, null, labels);
                return new SpreadTerm(
                    matcher.IsEverything ? null : PodSelector.In(ns, matcher), one.TopologyKey, one.MaxSkew,
                    one.MinDomains ?? 1, matcher.Matches(labels) ? 1 : 0, ScopeOf(one));
            }),
        ];

        // Named by all the keys, so one for each pair of policies and not for each constraint.
        NodeScope ScopeOf(TopologySpreadConstraint one)
        {
            var (affinity, taints) = (one.NodeAffinityPolicy is null or "Honor", one.NodeTaintsPolicy == "Honor");
            return scopes.TryGetValue((affinity, taints), out var known)
                ? known
                : scopes[(affinity, taints)] = new NodeScope(keys, spec, affinity, taints);
        }
    }
}
