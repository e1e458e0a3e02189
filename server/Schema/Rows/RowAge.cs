using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rows;

/// <summary>How long ago the times of an object are, as kubectl shows it.</summary>
internal static class RowAge
{
    /// <summary>Time since creation.</summary>
    public static string Age(JsonObject obj, DateTimeOffset now) =>
        Since(obj.Object("metadata").Text("creationTimestamp"), now);

    public static string Since(string time, DateTimeOffset now) =>
        Parse(time) is { } then ? HumanDuration.Of(now - then) : "<unknown>";

    public static DateTimeOffset? Parse(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
            ? parsed
            : null;
}
