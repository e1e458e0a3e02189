namespace Edge.Server.Access;

/// <summary>
/// Compares rules: which of those to be given are not held already (Kubernetes' guard against escalation).
/// </summary>
internal static class RuleCover
{
    private const string Everything = "*";

    /// <summary>Everything that can be asked for.</summary>
    public static IReadOnlyList<PolicyRule> FullAuthority { get; } =
    [
        new() { Verbs = [Everything], Groups = [Everything], Resources = [Everything] },
        new() { Verbs = [Everything], Urls = [Everything] },
    ];

    /// <summary>
    /// The parts of <paramref name="wanted"/> that no rule of <paramref name="held"/> covers, broken down to one verb
    /// of one resource or path each. Takes as many comparisons as there are parts times rules held.
    /// </summary>
    public static IReadOnlyList<PolicyRule> Missing(
        IReadOnlyList<PolicyRule> held, IEnumerable<PolicyRule> wanted)
    {
        var missing = new List<PolicyRule>();
        foreach (var rule in wanted)
        {
            foreach (var part in Parts(rule))
            {
                if (!IsCovered(held, part))
                {
                    missing.Add(part);
                }
            }
        }

        return missing;
    }

    /// <summary>
    /// The rules as a refusal lists them: those of one resource in one line, in the order of their texts.
    /// </summary>
    public static IReadOnlyList<string> Describe(IReadOnlyList<PolicyRule> missing)
    {
        var verbs = new Dictionary<string, (PolicyRule Rule, List<string> Verbs)>(StringComparer.Ordinal);
        var texts = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var rule in missing)
        {
            if (rule is not { Groups: [var group], Resources: [var resource], Names: [], Urls: [] })
            {
                texts.Add(rule.ToString());
            }
            else if (verbs.TryGetValue($"{group}/{resource}", out var known))
            {
                known.Verbs.AddRange(rule.Verbs);
            }
            else
            {
                verbs.Add($"{group}/{resource}", (rule, [.. rule.Verbs]));
            }
        }

        foreach (var (rule, all) in verbs.Values)
        {
            texts.Add((rule with { Verbs = all }).ToString());
        }

        return [.. texts];
    }

    private static IEnumerable<PolicyRule> Parts(PolicyRule rule)
    {
        foreach (var group in rule.Groups)
        {
            foreach (var resource in rule.Resources)
            {
                foreach (var verb in rule.Verbs)
                {
                    var part = new PolicyRule { Verbs = [verb], Groups = [group], Resources = [resource] };
                    if (rule.Names.Count == 0)
                    {
                        yield return part;
                    }

                    foreach (var name in rule.Names)
                    {
                        yield return part with { Names = [name] };
                    }
                }
            }
        }

        foreach (var url in rule.Urls)
        {
            foreach (var verb in rule.Verbs)
            {
                yield return new PolicyRule { Verbs = [verb], Urls = [url] };
            }
        }
    }

    private static bool IsCovered(IReadOnlyList<PolicyRule> held, PolicyRule part)
    {
        for (var at = 0; at < held.Count; at++)
        {
            if (Covers(held[at], part))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(PolicyRule held, PolicyRule part)
    {
        if (!PolicyRule.Has(held.Verbs, part.Verbs[0]))
        {
            return false;
        }

        if (part.Urls is [var url])
        {
            return held.Urls.Any(pattern => PolicyRule.TakesPath(pattern, url));
        }

        return PolicyRule.Has(held.Groups, part.Groups[0])
            && CoversResource(held, part.Resources[0])
            && (held.Names.Count == 0 || (part.Names is [var name] && PolicyRule.Contains(held.Names, name)));
    }

    private static bool CoversResource(PolicyRule held, string resource) =>
        PolicyRule.Has(held.Resources, resource)
        || (resource.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            && PolicyRule.Contains(held.Resources, $"*{resource[slash..]}"));
}
