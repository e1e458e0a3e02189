using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Server.Schema.Bodies;

/// <summary>Which texts are a Time or MicroTime: RFC 3339 and nothing else, as Go's decoder has it.</summary>
internal static partial class TimeText
{
    /// <summary>
    /// The time as Go writes it back: in UTC, to the second, or to the microsecond. Null for a text that is none, or
    /// outside the years 1 to 9999, which our records cannot hold.
    /// </summary>
    public static string? Canonical(string text, bool micro) =>
        Rfc3339().IsMatch(text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.UtcDateTime.ToString(
                micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Rfc3339();
}
