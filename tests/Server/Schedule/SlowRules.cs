using Edge.Proto.Model;

namespace Edge.Tests.Server.Schedule;

/// <summary>
/// What core/v1 says of pod affinity and spread, written down plainly: walks all pods for every question. The
/// scheduler's counters must answer the same.
/// </summary>
internal sealed class SlowRules(
    IReadOnlyCollection<Node> nodes, IReadOnlyCollection<Pod> placed, IReadOnlyDictionary<string, Namespace> namespaces)
{
    public string? Rejects(Pod pod, Node node) => Spread(pod, node) ?? Near(pod, node);

    /// <summary>The raw score of preferred pod affinity.</summary>
    public long Attraction(Pod pod, Node node)
    {
        long sum = 0;
        foreach (var other in Homed())
        {
            foreach (var (term, weight) in Preferences(pod))
            {
                sum += Means(term, pod, other.Pod) && Together(term.TopologyKey, node, other.Node) ? weight : 0;
            }

            foreach (var (term, weight) in Preferences(other.Pod).Concat(Required(other.Pod).Select(one => (one, 1))))
            {
                sum += Means(term, other.Pod, pod) && Together(term.TopologyKey, node, other.Node) ? weight : 0;
            }
        }

        return sum;
    }

    private string? Spread(Pod pod, Node node)
    {
        var hard = (pod.Spec.TopologySpreadConstraints ?? []).Where(one => one.WhenUnsatisfiable == "DoNotSchedule");
        var constraints = hard.ToList();
        foreach (var one in constraints)
        {
            if (Label(node, one.TopologyKey) is not { } here)
            {
                return "node(s) didn't match pod topology spread constraints (missing required label)";
            }

            var selector = WithKeys(one.LabelSelector, one.MatchLabelKeys, null, pod);
            var isEmpty = selector is { MatchLabels: null or { Count: 0 }, MatchExpressions: null or { Count: 0 } };
            var counted = nodes.Where(other => constraints.All(each => Label(other, each.TopologyKey) is not null)
                && (one.NodeAffinityPolicy == "Ignore" || Selects(pod, other))
                && (one.NodeTaintsPolicy != "Honor" || Tolerates(pod, other))).ToList();
            var counts = counted.GroupBy(other => Label(other, one.TopologyKey)!).ToDictionary(
                domain => domain.Key,
                domain => Homed().Count(other => domain.Contains(other.Node) && !isEmpty
                    && other.Pod.Metadata.DeletionTimestamp is null
                    && other.Pod.Metadata.Namespace == pod.Metadata.Namespace
                    && selector?.Matches(other.Pod.Metadata.Labels) == true));
            var min = counts.Count == 0 || counts.Count < (one.MinDomains ?? 1) ? 0 : counts.Values.Min();
            var self = selector?.Matches(pod.Metadata.Labels) == true ? 1 : 0;
            if (!isEmpty && counts.GetValueOrDefault(here) + self - min > one.MaxSkew)
            {
                return "node(s) didn't match pod topology spread constraints";
            }
        }

        return null;
    }

    private string? Near(Pod pod, Node node)
    {
        var near = Required(pod).ToList();
        if (near.Count > 0)
        {
            var meant = Homed().Where(other => near.All(term => Means(term, pod, other.Pod))).ToList();
            var isFirst = near.All(term => Means(term, pod, pod))
                && !meant.Any(other => near.Any(term => Label(other.Node, term.TopologyKey) is not null));
            if (near.Any(term => Label(node, term.TopologyKey) is null)
                || !(isFirst || near.All(term => meant.Any(other => Together(term.TopologyKey, node, other.Node)))))
            {
                return "node(s) didn't match pod affinity rules";
            }
        }

        if (Apart(pod).Any(term => Homed().Any(
            other => Means(term, pod, other.Pod) && Together(term.TopologyKey, node, other.Node))))
        {
            return "node(s) didn't match pod anti-affinity rules";
        }

        return Homed().Any(other => Apart(other.Pod).Any(
            term => Means(term, other.Pod, pod) && Together(term.TopologyKey, node, other.Node)))
            ? "node(s) didn't satisfy existing pods anti-affinity rules"
            : null;
    }

    private IEnumerable<(Pod Pod, Node Node)> Homed() =>
        from pod in placed
        from node in nodes
        where node.Metadata.Name == pod.Spec.NodeName
        select (pod, node);

    private static IEnumerable<PodAffinityTerm> Required(Pod pod) =>
        pod.Spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];

    private static IEnumerable<PodAffinityTerm> Apart(Pod pod) =>
        pod.Spec.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];

    private static IEnumerable<(PodAffinityTerm Term, int Weight)> Preferences(Pod pod)
    {
        var affinity = pod.Spec.Affinity;
        return (affinity?.PodAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            .Select(one => (one.PodAffinityTerm, one.Weight))
            .Concat((affinity?.PodAntiAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
                .Select(one => (one.PodAffinityTerm, -one.Weight)));
    }

    private bool Means(PodAffinityTerm term, Pod owner, Pod other)
    {
        var ns = other.Metadata.Namespace!;
        var isOwn = term.Namespaces is null or { Count: 0 } && term.NamespaceSelector is null;
        var inScope = isOwn
            ? ns == owner.Metadata.Namespace
            : term.Namespaces?.Contains(ns) == true
                || term.NamespaceSelector?.Matches(namespaces.GetValueOrDefault(ns)?.Metadata.Labels) == true;
        return inScope && WithKeys(term.LabelSelector, term.MatchLabelKeys, term.MismatchLabelKeys, owner)
            ?.Matches(other.Metadata.Labels) == true;
    }

    private static LabelSelector? WithKeys(
        LabelSelector? selector, IReadOnlyList<string>? same, IReadOnlyList<string>? other, Pod owner)
    {
        var own = owner.Metadata.Labels ?? new Dictionary<string, string>();
        var added = (same ?? []).Select(key => (key, "In")).Concat((other ?? []).Select(key => (key, "NotIn")))
            .Where(pair => own.ContainsKey(pair.key))
            .Select(pair => new LabelSelectorRequirement
            {
                Key = pair.key, Operator = pair.Item2, Values = [own[pair.key]],
            });
        return selector is null
            ? null
            : selector with { MatchExpressions = [.. selector.MatchExpressions ?? [], .. added] };
    }

    private static bool Together(string key, Node left, Node right) =>
        Label(left, key) is { } value && value == Label(right, key);

    private static string? Label(Node node, string key) => node.Metadata.Labels?.GetValueOrDefault(key);

    private static bool Selects(Pod pod, Node node) =>
        (pod.Spec.NodeSelector ?? new Dictionary<string, string>()).All(pair => Label(node, pair.Key) == pair.Value);

    private static bool Tolerates(Pod pod, Node node) =>
        (node.Spec?.Taints ?? []).All(taint => (pod.Spec.Tolerations ?? []).Any(one => one.Tolerates(taint)));
}
