using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Api.Verbs;

/// <summary>A parsed <c>labelSelector</c>: comma-separated requirements that must all hold.</summary>
internal sealed class LabelSelectorText
{
    private readonly List<Requirement> _requirements = [];

    public bool IsEmpty => _requirements.Count == 0;

    /// <exception cref="StatusException">400: the text is not a selector.</exception>
    public static LabelSelectorText Parse(string text)
    {
        var selector = new LabelSelectorText();
        foreach (var part in Split(text))
        {
            selector._requirements.Add(ParseOne(text, part.Trim()));
        }

        return selector;
    }

    public bool Matches(JsonObject? labels) => _requirements.All(requirement => requirement.Holds(labels));

    /// <summary>Commas inside parentheses separate values, not requirements.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (text[i] == ',' && depth == 0)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }

        if (text.Trim().Length > 0)
        {
            yield return text[start..];
        }
    }

    private static Requirement ParseOne(string whole, string part)
    {
        if (part.EndsWith(')') && part.IndexOf('(', StringComparison.Ordinal) is > 0 and var open)
        {
            var values = part[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries)
                .Select(value => Value(whole, value)).ToArray();
            return part[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
            {
                [var key, "in"] => new Requirement(Key(whole, key), values, Negated: false),
                [var key, "notin"] => new Requirement(Key(whole, key), values, Negated: true),
                _ => throw Unreadable(whole, part),
            };
        }

        var at = part.AsSpan().IndexOfAny('=', '<', '>');
        if (at < 0)
        {
            return part.StartsWith('!')
                ? new Requirement(Key(whole, part[1..]), null, Negated: true)
                : new Requirement(Key(whole, part), null, Negated: false);
        }

        if (part[at] != '=')
        {
            return new Requirement(Key(whole, part[..at]), null, Negated: false)
            {
                Bound = long.TryParse(part.AsSpan(at + 1).Trim(), out var bound)
                    ? bound
                    : throw Unreadable(whole, part),
                Above = part[at] == '>',
            };
        }

        var negated = at > 0 && part[at - 1] == '!';
        var value = part[(at + (at + 1 < part.Length && part[at + 1] == '=' ? 2 : 1))..].Trim();
        return new Requirement(Key(whole, part[..(negated ? at - 1 : at)]), [Value(whole, value)], negated);
    }

    private static string Key(string whole, string key)
    {
        key = key.Trim();
        return Names.Qualified(key).Any() ? throw Unreadable(whole, key) : key;
    }

    private static string Value(string whole, string value) =>
        Names.LabelValue(value).Any() ? throw Unreadable(whole, value) : value;

    private static StatusException Unreadable(string whole, string part) =>
        Errors.BadRequest($"unable to parse requirement: found '{part}' in selector '{whole}'");

    /// <summary>Null values ask for the label alone. A negated one also holds where the label is absent.</summary>
    private sealed record Requirement(string Key, string[]? Values, bool Negated)
    {
        /// <summary>The label is a number above or below this one.</summary>
        public long? Bound { get; init; }

        public bool Above { get; init; }

        public bool Holds(JsonObject? labels)
        {
            var value = JsonTree.AsText(labels?[Key]);
            if (Bound is { } bound)
            {
                return long.TryParse(value, out var number) && (Above ? number > bound : number < bound);
            }

            return (value is not null && (Values is null || Values.Contains(value))) != Negated;
        }
    }
}
