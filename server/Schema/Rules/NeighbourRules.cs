using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>What a pod says of other pods: affinity, anti-affinity, spread (core/validation).</summary>
internal static class NeighbourRules
{
    private const string InBoth = "exists in both matchLabelKeys and labelSelector";

    /// <param name="spec">A pod's spec, wherever it stands.</param>
    /// <param name="old">The stored one; what did not change is not judged again, so that an older object can be
    /// written. Null on a create.</param>
    /// <param name="labels">The pod's labels; null for a template, whose keys upstream does not put in.</param>
    /// <param name="path">Where the spec stands.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Check(JsonObject spec, JsonObject? old, JsonObject? labels, string path, FieldErrors errors)
    {
        foreach (var kind in (string[])["podAffinity", "podAntiAffinity"])
        {
            var affinity = spec.Object("affinity").Object(kind);
            if (affinity is not null && !JsonTree.Same(affinity, old.Object("affinity").Object(kind)))
            {
                Affinity(affinity, labels, $"{path}.affinity.{kind}", errors);
            }
        }

        var spread = spec["topologySpreadConstraints"];
        if (spread is not null && !JsonTree.Same(spread, old?["topologySpreadConstraints"]))
        {
            Spread(spec, $"{path}.topologySpreadConstraints", errors);
        }
    }

    private static void Affinity(JsonObject affinity, JsonObject? labels, string path, FieldErrors errors)
    {
        const string required = "requiredDuringSchedulingIgnoredDuringExecution";
        const string preferred = "preferredDuringSchedulingIgnoredDuringExecution";
        foreach (var list in (string[])[required, preferred])
        {
            var terms = affinity.Objects(list).ToList();
            if (terms.Count > PodAffinityTerm.Max)
            {
                errors.TooMany($"{path}.{list}", terms.Count, PodAffinityTerm.Max);
                continue;
            }

            for (var at = 0; at < terms.Count; at++)
            {
                var inner = $"{path}.{list}[{at}]";
                var (term, where) = list == required
                    ? (terms[at], inner)
                    : (terms[at].Object("podAffinityTerm") ?? [], $"{inner}.podAffinityTerm");
                Term(term, labels, where, errors);
            }
        }
    }

    private static void Term(JsonObject term, JsonObject? labels, string path, FieldErrors errors)
    {
        var selector = term.Object("labelSelector");
        Selector(selector, $"{path}.labelSelector", errors);
        Selector(term.Object("namespaceSelector"), $"{path}.namespaceSelector", errors);
        foreach (var name in term.Items("namespaces"))
        {
            // Upstream's path is the singular.
            errors.InvalidAll($"{path}.namespace", name, Names.Label(JsonTree.AsText(name) ?? ""));
        }

        var (same, other) = (Texts(term, "matchLabelKeys"), Texts(term, "mismatchLabelKeys"));
        Keys(same, selector, $"{path}.matchLabelKeys", errors);
        Keys(other, selector, $"{path}.mismatchLabelKeys", errors);
        InSelector(selector, same, other, labels, path, errors);
        var others = other.ToHashSet();
        for (var at = 0; at < same.Count; at++)
        {
            if (others.Contains(same[at]))
            {
                errors.Invalid($"{path}.matchLabelKeys[{at}]", same[at],
                    "exists in both matchLabelKeys and mismatchLabelKeys");
            }
        }

        if (term.Text("topologyKey").Length == 0)
        {
            // Besides that it is required, which the description says.
            errors.InvalidAll($"{path}.topologyKey", "", Names.Qualified(""));
        }
    }

    /// <summary>
    /// Upstream puts the keys that a pod has into its selector as expressions, and then looks for expressions about a
    /// key that was there before; the path of what it finds is the term's, with the number of the key (KEP-3633).
    /// </summary>
    private static void InSelector(
        JsonObject? selector, List<string> same, List<string> other, JsonObject? labels, string path,
        FieldErrors errors)
    {
        if (selector is null || same.Count == 0)
        {
            return;
        }

        var last = new Dictionary<string, int>();
        for (var at = 0; at < same.Count; at++)
        {
            last[same[at]] = at;
        }

        var seen = (selector.Object("matchLabels") ?? []).Select(pair => pair.Key).ToHashSet();
        var expressions = selector.Objects("matchExpressions").Select(term => term.Text("key"))
            .Concat(same.Concat(other).Where(key => labels?[key] is not null));
        foreach (var key in expressions)
        {
            if (!seen.Add(key) && last.TryGetValue(key, out var number))
            {
                errors.Invalid($"{path}[{number}]", key, InBoth);
            }
        }
    }

    private static void Spread(JsonObject spec, string path, FieldErrors errors)
    {
        var constraints = spec.Objects("topologySpreadConstraints").ToList();
        if (constraints.Count > TopologySpreadConstraint.Max)
        {
            errors.TooMany(path, constraints.Count, TopologySpreadConstraint.Max);
            return;
        }

        for (var at = 0; at < constraints.Count; at++)
        {
            Constraint(constraints[at], $"{path}[{at}]", errors);
            var pair = PairOf(constraints[at]);
            if (constraints.Skip(at + 1).Any(later => PairOf(later) == pair))
            {
                errors.Duplicate($"{path}[{at}].{{topologyKey, whenUnsatisfiable}}", pair);
            }
        }
    }

    private static void Constraint(JsonObject constraint, string path, FieldErrors errors)
    {
        var when = constraint.Text("whenUnsatisfiable");
        if (constraint["minDomains"] is { } domains && when != "DoNotSchedule")
        {
            errors.Invalid($"{path}.minDomains", domains,
                $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {when}");
        }

        var selector = constraint.Object("labelSelector");
        var keys = Texts(constraint, "matchLabelKeys");
        Keys(keys, selector, $"{path}.matchLabelKeys", errors);
        if (selector is not null)
        {
            var selected = (selector.Object("matchLabels") ?? []).Select(pair => pair.Key)
                .Concat(selector.Objects("matchExpressions").Select(term => term.Text("key"))).ToHashSet();
            for (var at = 0; at < keys.Count; at++)
            {
                if (selected.Contains(keys[at]))
                {
                    errors.Invalid($"{path}.matchLabelKeys[{at}]", keys[at], InBoth);
                }
            }
        }

        Selector(selector, $"{path}.labelSelector", errors);
    }

    private static void Keys(List<string> keys, JsonObject? selector, string path, FieldErrors errors)
    {
        if (keys.Count > 0 && selector is null)
        {
            errors.Forbidden(path, "must not be specified when labelSelector is not set");
            return;
        }

        for (var at = 0; at < keys.Count; at++)
        {
            errors.InvalidAll($"{path}[{at}]", keys[at], Names.Qualified(keys[at]));
        }
    }

    private static void Selector(JsonObject? selector, string path, FieldErrors errors)
    {
        if (selector is not null)
        {
            SelectorRules.Terms(selector, path, errors);
        }
    }

    private static string PairOf(JsonObject constraint) =>
        $"{{{constraint.Text("topologyKey")}, {constraint.Text("whenUnsatisfiable")}}}";

    private static List<string> Texts(JsonObject parent, string field) =>
        [.. parent.Items(field).Select(item => JsonTree.AsText(item) ?? "")];
}
