using System.Globalization;

namespace Edge.Proto.Model;

/// <summary>The values that one field of a schedule may name.</summary>
internal sealed record CronBounds(int Min, int Max, IReadOnlyList<string> Names)
{
    /// <summary>Minute, hour, day of month, month, day of week; the first name stands for the smallest value.</summary>
    public static IReadOnlyList<CronBounds> All { get; } =
    [
        new(0, 59, []),
        new(0, 23, []),
        new(1, 31, []),
        new(1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        new(0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];
}

/// <summary>A set of values out of one field, such as <c>*/15</c>, <c>MON-FRI</c> or <c>1,3,5</c>.</summary>
/// <param name="Bits">A bit for each value.</param>
/// <param name="Any">The field is a star without a step: it restricts nothing.</param>
internal readonly record struct CronField(ulong Bits, bool Any)
{
    public bool Has(int value) => (Bits & (1UL << value)) != 0;

    public static bool TryParse(string text, CronBounds bounds, out CronField field, out string fault)
    {
        field = default;
        fault = "";
        foreach (var range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryRange(range, bounds, out var part, out fault))
            {
                return false;
            }

            field = new CronField(field.Bits | part.Bits, field.Any | part.Any);
        }

        return true;
    }

    private static bool TryRange(string text, CronBounds bounds, out CronField field, out string fault)
    {
        field = default;
        var steps = text.Split('/');
        var ends = steps[0].Split('-');
        var star = ends[0] is "*" or "?";
        var (first, last, step) = (bounds.Min, bounds.Max, 1);
        fault = ends.Length > 2 && !star ? $"too many hyphens: {text}" : "";
        if (!star && fault.Length == 0)
        {
            fault = Value(ends[0], bounds.Names, bounds.Min, out first);
            last = first;
            if (fault.Length == 0 && ends.Length == 2)
            {
                fault = Value(ends[1], bounds.Names, bounds.Min, out last);
            }
        }

        if (fault.Length == 0 && steps.Length == 2)
        {
            fault = Value(steps[1], [], 0, out step);
            // A single value with a step runs to the end.
            last = ends.Length == 1 ? bounds.Max : last;
        }

        fault = fault.Length > 0 ? fault
            : steps.Length > 2 ? $"too many slashes: {text}"
            : first < bounds.Min ? $"beginning of range ({first}) below minimum ({bounds.Min}): {text}"
            : last > bounds.Max ? $"end of range ({last}) above maximum ({bounds.Max}): {text}"
            : first > last ? $"beginning of range ({first}) beyond end of range ({last}): {text}"
            : step == 0 ? $"step of range should be a positive number: {text}"
            : "";
        if (fault.Length > 0)
        {
            return false;
        }

        var bits = 0UL;
        for (long value = first; value <= last; value += step)
        {
            bits |= 1UL << (int)value;
        }

        field = new CronField(bits, star && step == 1);
        return true;
    }

    /// <summary>A number or a name; the fault is empty when it is one.</summary>
    private static string Value(string text, IReadOnlyList<string> names, int firstName, out int value)
    {
        for (var at = 0; at < names.Count; at++)
        {
            if (names[at].Equals(text, StringComparison.OrdinalIgnoreCase))
            {
                value = at + firstName;
                return "";
            }
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return $"failed to parse int from {text}: strconv.Atoi: parsing \"{text}\": invalid syntax";
        }

        return value < 0 ? $"negative number ({value}) not allowed: {text}" : "";
    }
}
