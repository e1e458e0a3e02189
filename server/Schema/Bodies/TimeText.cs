using System.Globalization;
using System.Text.RegularExpressions;

namespace Edge.Server.Schema.Bodies;

/// <summary>Which texts are a Time or MicroTime: RFC 3339 and nothing else, as Go's decoder has it.</summary>
internal static partial class TimeText
{
    /// <summary>The form, and a moment that our records can hold (the years 1 to 9999).</summary>
    public static bool IsTime(string text) =>
        Rfc3339().IsMatch(text)
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _);

    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Rfc3339();
}
