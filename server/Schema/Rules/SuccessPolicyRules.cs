using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>When an indexed Job succeeds early (batch/v1 SuccessPolicy).</summary>
internal static class SuccessPolicyRules
{
    private const int MaxRules = 20;
    private const int MaxIndexesBytes = 64 * 1024;

    public static void Check(JsonObject spec, string path, FieldErrors errors)
    {
        if (spec.Object("successPolicy") is not { } policy)
        {
            return;
        }

        if (spec.Text("completionMode") != "Indexed")
        {
            errors.Invalid(path, policy, "requires indexed completion mode");
            return;
        }

        var count = policy.Items("rules").Count;
        if (count == 0)
        {
            errors.Required(
                $"{path}.rules", "at least one rules must be specified when the successPolicy is specified");
        }
        else if (count > MaxRules)
        {
            errors.TooMany($"{path}.rules", count, MaxRules);
        }

        var at = 0;
        foreach (var rule in policy.Objects("rules"))
        {
            Rule(rule, spec.Number("completions") ?? 0, $"{path}.rules[{at++}]", errors);
        }
    }

    private static void Rule(JsonObject rule, long completions, string path, FieldErrors errors)
    {
        if (rule["succeededCount"] is null && rule["succeededIndexes"] is null)
        {
            errors.Required(path, "at least one of succeededCount or succeededIndexes must be specified");
        }

        var total = 0L;
        if (rule["succeededIndexes"] is { } indexes)
        {
            var text = JsonTree.AsText(indexes) ?? "";
            if (text.Length > MaxIndexesBytes)
            {
                errors.TooLong($"{path}.succeededIndexes", MaxIndexesBytes);
            }

            if (Count(text, completions, out total) is { } fault)
            {
                errors.Invalid($"{path}.succeededIndexes", indexes, $"error parsing succeededIndexes: {fault}");
            }
        }

        if (rule.Number("succeededCount") is { } count)
        {
            Amount(rule, count, completions, total, $"{path}.succeededCount", errors);
        }
    }

    private static void Amount(
        JsonObject rule, long count, long completions, long total, string path, FieldErrors errors)
    {
        if (count < 0)
        {
            errors.Invalid(path, count, "must be greater than or equal to 0");
        }

        if (count > completions)
        {
            errors.Invalid(path, count,
                $"must be less than or equal to {completions} (the number of specified completions)");
        }

        if (rule["succeededIndexes"] is not null && count > total)
        {
            errors.Invalid(path, count, $"must be less than or equal to {total} (the number of indexes in the "
                + "specified succeededIndexes field)");
        }
    }

    /// <summary>How many indexes a text such as <c>1,3-5</c> names; a fault when it is none.</summary>
    private static string? Count(string text, long completions, out long total)
    {
        total = 0;
        var last = -1L;
        foreach (var part in text.Length == 0 ? [] : text.Split(','))
        {
            if (Interval(part, completions, out var first, out var end) is { } fault)
            {
                total = 0;
                return fault;
            }

            if (last >= first)
            {
                total = 0;
                return $"non-increasing order, previous: {last}, current: {first}";
            }

            total += end - first + 1;
            last = end;
        }

        return null;
    }

    private static string? Interval(string part, long completions, out long first, out long end)
    {
        var limits = part.Split('-');
        (first, end) = (0, 0);
        if (limits.Length > 2)
        {
            return $"the fragment \"{part}\" violates the requirement that an index interval can have at most two "
                + "parts separated by '-'";
        }

        if (Index(limits[0], completions, out first) is { } fault)
        {
            return fault;
        }

        end = first;
        if (limits.Length == 1)
        {
            return null;
        }

        return Index(limits[1], completions, out end)
            ?? (first >= end ? $"non-increasing order, previous: {first}, current: {end}" : null);
    }

    private static string? Index(string text, long completions, out long index) =>
        !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index)
            ? $"cannot convert string to integer for index: \"{text}\""
            : index >= completions ? $"too large index: \"{text}\"" : null;
}
