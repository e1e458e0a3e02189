using System.Buffers;
using System.Globalization;

namespace Edge.Proto.Model;

/// <summary>Durations as Go writes them, such as <c>1h30m</c> or <c>1.5s</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789.");

    /// <summary>False with Go's message when the text is no duration.</summary>
    public static bool TryParse(string text, out TimeSpan duration, out string fault)
    {
        (duration, fault) = (default, $"time: invalid duration \"{text}\"");
        var rest = text.AsSpan();
        var negative = rest is ['-', ..];
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        if (rest is "0")
        {
            fault = "";
            return true;
        }

        var ticks = 0m;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(_digits);
            var number = digits < 0 ? rest : rest[..digits];
            if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return false;
            }

            rest = rest[number.Length..];
            var letters = rest.IndexOfAny(_digits);
            var unit = letters < 0 ? rest : rest[..letters];
            if (Ticks(unit) is not { } size)
            {
                fault = unit.Length == 0
                    ? $"time: missing unit in duration \"{text}\""
                    : $"time: unknown unit \"{unit}\" in duration \"{text}\"";
                return false;
            }

            rest = rest[unit.Length..];
            if (amount > long.MaxValue / 100 / size || (ticks += amount * size) > long.MaxValue / 100)
            {
                // Go counts nanoseconds in 64 bits.
                return false;
            }
        }

        if (text.Length == 0 || text is "-" or "+")
        {
            return false;
        }

        (duration, fault) = (TimeSpan.FromTicks((long)(negative ? -ticks : ticks)), "");
        return true;
    }

    private static decimal? Ticks(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 0.01m,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        _ => null,
    };
}
