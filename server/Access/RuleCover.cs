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
    /// Comparisons of words for one answer, some 0.2 s of them. A role of a thousand parts, asked for by somebody with
    /// a thousand rules, takes a fifth.
    /// </summary>
    private const long StepsMax = 50_000_000;

    /// <summary>Characters of what is missing; nobody reads more of a refusal.</summary>
    private const int MissingCharsMax = 256 * 1024;

    /// <summary>What a part takes in a refusal besides its words, at most.</summary>
    private const int PartChars = 64;

    /// <summary>
    /// The parts of <paramref name="wanted"/> that no rule of <paramref name="held"/> covers, broken down to one verb
    /// of one resource or path each. A role can have more parts than anybody can count, so it gives up after
    /// <see cref="StepsMax"/> comparisons, and lists no more than <see cref="MissingCharsMax"/> characters and a part.
    /// </summary>
    public static RuleGap Missing(IReadOnlyList<PolicyRule> held, IEnumerable<PolicyRule> wanted)
    {
        var missing = new List<PolicyRule>();
        var (steps, chars) = (StepsMax, 0L);
        foreach (var rule in wanted)
        {
            if (IsCoveredByOne(held, rule, ref steps))
            {
                continue;
            }

            foreach (var part in Parts(rule))
            {
                if (steps < 0 || chars > MissingCharsMax)
                {
                    return new RuleGap(missing, IsCut: true);
                }

                if (!IsCovered(held, part, ref steps) && steps >= 0)
                {
                    missing.Add(part.ToRule());
                    chars += part.Chars + PartChars;
                }
            }
        }

        return new RuleGap(missing, IsCut: steps < 0);
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

    private static IEnumerable<Part> Parts(PolicyRule rule)
    {
        foreach (var group in rule.Groups)
        {
            foreach (var resource in rule.Resources)
            {
                foreach (var verb in rule.Verbs)
                {
                    if (rule.Names.Count == 0)
                    {
                        yield return new Part(verb, group, resource, null, null);
                    }

                    foreach (var name in rule.Names)
                    {
                        yield return new Part(verb, group, resource, name, null);
                    }
                }
            }
        }

        foreach (var url in rule.Urls)
        {
            foreach (var verb in rule.Verbs)
            {
                yield return new Part(verb, "", "", null, url);
            }
        }
    }

    /// <summary>
    /// True when a rule of stars alone covers all parts, so that nobody need count them for whoever holds everything.
    /// </summary>
    private static bool IsCoveredByOne(IReadOnlyList<PolicyRule> held, PolicyRule wanted, ref long steps)
    {
        for (var at = 0; at < held.Count && steps >= 0; at++)
        {
            var rule = held[at];
            steps -= 1 + rule.Verbs.Count;
            if (!PolicyRule.Contains(rule.Verbs, Everything))
            {
                continue;
            }

            steps -= rule.Groups.Count + rule.Resources.Count + rule.Urls.Count;
            var resources = wanted.Groups.Count == 0 || wanted.Resources.Count == 0 || (rule.Names.Count == 0
                && PolicyRule.Contains(rule.Groups, Everything) && PolicyRule.Contains(rule.Resources, Everything));
            if (resources && (wanted.Urls.Count == 0 || PolicyRule.Contains(rule.Urls, Everything)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Also false when there are no steps left; then they are below zero.</summary>
    private static bool IsCovered(IReadOnlyList<PolicyRule> held, Part part, ref long steps)
    {
        // Comparing long words takes longer.
        var cost = 1 + (part.Chars / 64);
        for (var at = 0; at < held.Count && steps >= 0; at++)
        {
            var rule = held[at];
            steps -= cost * (1 + rule.Verbs.Count);
            if (!PolicyRule.Has(rule.Verbs, part.Verb))
            {
                continue;
            }

            steps -= cost * (rule.Groups.Count + (2 * rule.Resources.Count) + rule.Names.Count + rule.Urls.Count);
            if (Covers(rule, part))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a rule with the verb of the part has its rest too.</summary>
    private static bool Covers(PolicyRule held, Part part)
    {
        if (part.Url is { } url)
        {
            return held.Urls.Any(pattern => PolicyRule.TakesPath(pattern, url));
        }

        return PolicyRule.Has(held.Groups, part.Group)
            && CoversResource(held, part.Resource)
            && (held.Names.Count == 0 || (part.Name is { } name && PolicyRule.Contains(held.Names, name)));
    }

    private static bool CoversResource(PolicyRule held, string resource) =>
        PolicyRule.Has(held.Resources, resource)
        || (resource.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
            && PolicyRule.Contains(held.Resources, $"*{resource[slash..]}"));

    /// <summary>One verb of one resource, of one object of it where it has a name, or of one path.</summary>
    private readonly record struct Part(string Verb, string Group, string Resource, string? Name, string? Url)
    {
        public int Chars => Verb.Length + Group.Length + Resource.Length + (Name?.Length ?? 0) + (Url?.Length ?? 0);

        public PolicyRule ToRule() => Url is { } url
            ? new PolicyRule { Verbs = [Verb], Urls = [url] }
            : new PolicyRule
            {
                Verbs = [Verb], Groups = [Group], Resources = [Resource], Names = Name is { } name ? [name] : [],
            };
    }
}

/// <summary>What is wanted and not held.</summary>
/// <param name="Parts">One verb of one resource or path each.</param>
/// <param name="IsCut">True when there were too many to look at or to list them all; some may be missing then.</param>
internal readonly record struct RuleGap(IReadOnlyList<PolicyRule> Parts, bool IsCut)
{
    public bool IsEmpty => Parts.Count == 0 && !IsCut;
}
