using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// Which pods a term means: those that every part matches, in their namespace and by their labels. Equal
/// <see cref="Text"/> means the same pods.
/// </summary>
internal sealed class PodSelector
{
    private readonly Part[] _parts;

    private PodSelector(Part[] parts)
    {
        _parts = parts;
        var text = new IdentityText();
        foreach (var part in parts)
        {
            text.Add(part.Namespaces).Add(part.ByNamespaceLabels?.Text).Add(part.Labels.Text);
            Anchor ??= part.Labels.Anchor;
            ReadsNamespaces |= part.ByNamespaceLabels is { IsEverything: false };
        }

        Text = text.ToString();
    }

    public string Text { get; }

    /// <summary>A label that every pod it means has, or null.</summary>
    public (string Key, string Value)? Anchor { get; }

    /// <summary>Whether labels of namespaces decide.</summary>
    public bool ReadsNamespaces { get; }

    /// <summary>The namespace that all its pods are in, or null when they may be in several.</summary>
    public string? OnlyNamespace =>
        _parts is [{ ByNamespaceLabels: null, Namespaces: [var only] }, ..] ? only : null;

    /// <summary>Pods of one namespace.</summary>
    public static PodSelector In(string ns, LabelMatcher labels) => new([new Part([ns], null, labels)]);

    public static PodSelector Of(PodAffinityTerm term, string ownNamespace, LabelSet ownLabels)
    {
        var names = term.Namespaces is { Count: > 0 } given ? given.Distinct().Order(StringComparer.Ordinal) : null;
        var byLabels = term.NamespaceSelector is { } selector ? LabelMatcher.From(selector) : null;
        string[] namespaces = names is not null ? [.. names] : byLabels is null ? [ownNamespace] : [];
        return new PodSelector([new Part(namespaces, byLabels,
            LabelMatcher.From(term.LabelSelector, term.MatchLabelKeys, term.MismatchLabelKeys, ownLabels))]);
    }

    /// <summary>Pods that all of the selectors mean.</summary>
    public static PodSelector All(IReadOnlyList<PodSelector> selectors) =>
        selectors is [var only] ? only : new([.. selectors.SelectMany(selector => selector._parts)]);

    /// <param name="ns">The pod's namespace.</param>
    /// <param name="nsLabels">Labels of that namespace.</param>
    /// <param name="labels">The pod's labels.</param>
    public bool Matches(string ns, LabelSet nsLabels, LabelSet labels)
    {
        foreach (var part in _parts)
        {
            if (!(Array.IndexOf(part.Namespaces, ns) >= 0 || part.ByNamespaceLabels?.Matches(nsLabels) == true)
                || !part.Labels.Matches(labels))
            {
                return false;
            }
        }

        return true;
    }

    private readonly record struct Part(string[] Namespaces, LabelMatcher? ByNamespaceLabels, LabelMatcher Labels);
}
