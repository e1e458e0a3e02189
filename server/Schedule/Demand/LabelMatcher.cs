using Edge.Proto.Model;

namespace Edge.Server.Schedule.Demand;

/// <summary>
/// A label selector made ready for many comparisons. Equal <see cref="Text"/> means that it matches the same objects.
/// </summary>
internal sealed class LabelMatcher
{
    private readonly List<Requirement> _requirements = [];

    private LabelMatcher(bool nothing) => IsNothing = nothing;

    private enum Operator
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
        Never,
    }

    /// <summary>The selector was not there, which matches no object.</summary>
    public bool IsNothing { get; }

    /// <summary>The selector was there and empty, which matches every object.</summary>
    public bool IsEverything => !IsNothing && _requirements.Count == 0;

    public string Text { get; private set; } = "";

    /// <summary>A label that everything it matches has, so that matchers can be found by label; or null.</summary>
    public (string Key, string Value)? Anchor { get; private set; }

    /// <param name="selector">Null matches nothing.</param>
    /// <param name="same">Keys that must have the value they have in <paramref name="own"/>.</param>
    /// <param name="other">Keys that must not have it.</param>
    /// <param name="own">Labels of the pod that the selector belongs to; keys it lacks count for nothing.</param>
    public static LabelMatcher From(
        LabelSelector? selector, IReadOnlyList<string>? same = null, IReadOnlyList<string>? other = null,
        LabelSet? own = null)
    {
        var matcher = new LabelMatcher(selector is null);
        if (selector is not null)
        {
            foreach (var (key, value) in selector.MatchLabels ?? new Dictionary<string, string>())
            {
                matcher._requirements.Add(new Requirement(key, Operator.In, [value]));
            }

            foreach (var wanted in selector.MatchExpressions ?? [])
            {
                matcher._requirements.Add(new Requirement(wanted.Key, Read(wanted.Operator), [.. wanted.Values ?? []]));
            }

            matcher.Add(same, Operator.In, own);
            matcher.Add(other, Operator.NotIn, own);
        }

        matcher.Finish();
        return matcher;
    }

    public bool Matches(LabelSet labels)
    {
        if (IsNothing)
        {
            return false;
        }

        foreach (var wanted in _requirements)
        {
            if (!Holds(wanted, labels[wanted.Key]))
            {
                return false;
            }
        }

        return true;
    }

    private static Operator Read(string text) => text switch
    {
        "In" => Operator.In,
        "NotIn" => Operator.NotIn,
        "Exists" => Operator.Exists,
        "DoesNotExist" => Operator.DoesNotExist,
        _ => Operator.Never,
    };

    private static bool Holds(in Requirement wanted, string? value) => wanted.Operator switch
    {
        Operator.In => value is not null && Array.IndexOf(wanted.Values, value) >= 0,
        Operator.NotIn => value is null || Array.IndexOf(wanted.Values, value) < 0,
        Operator.Exists => value is not null,
        Operator.DoesNotExist => value is null,
        Operator.Never => false,
    };

    private void Add(IReadOnlyList<string>? keys, Operator op, LabelSet? own)
    {
        foreach (var key in keys ?? [])
        {
            if (own?[key] is { } value)
            {
                _requirements.Add(new Requirement(key, op, [value]));
            }
        }
    }

    private void Finish()
    {
        _requirements.Sort(static (left, right) =>
            string.CompareOrdinal(left.Key, right.Key) is var order and not 0 ? order : left.Operator - right.Operator);
        var text = new IdentityText().Count(IsNothing ? null : _requirements.Count);
        foreach (var wanted in _requirements)
        {
            Array.Sort(wanted.Values, StringComparer.Ordinal);
            text.Add(wanted.Key).Count((int)wanted.Operator).Add(wanted.Values);
            if (Anchor is null && wanted is { Operator: Operator.In, Values: [var only] })
            {
                Anchor = (wanted.Key, only);
            }
        }

        Text = text.ToString();
    }

    private readonly record struct Requirement(string Key, Operator Operator, string[] Values);
}
