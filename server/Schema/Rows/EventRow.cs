using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>An event's line in <c>kubectl get events</c>.</summary>
internal static class EventRow
{
    public static IReadOnlyList<JsonNode?> Cells(JsonObject item, DateTimeOffset now)
    {
        var involved = item.Object("involvedObject");
        var first = Since(item, "firstTimestamp", now) ?? Since(item, "eventTime", now) ?? "<unknown>";
        var last = Since(item, "lastTimestamp", now) ?? first;
        var count = item.Number("count") is { } seen and not 0 ? seen : 1;
        if (item.Object("series") is { } series)
        {
            last = Since(series, "lastObservedTime", now) ?? "<unknown>";
            count = series.Number("count") ?? 0;
        }

        var kind = involved.Text("kind").ToLowerInvariant();
        return
        [
            last,
            item.Text("type"),
            item.Text("reason"),
            kind.Length == 0 ? involved.Text("name") : $"{kind}/{involved.Text("name")}",
            involved.Text("fieldPath"),
            Source(item),
            item.Text("message").Trim(),
            first,
            count,
            item.Object("metadata").Text("name"),
        ];
    }

    private static string? Since(JsonObject item, string field, DateTimeOffset now) =>
        item.Text(field) is { Length: > 0 } time ? RowAge.Since(time, now) : null;

    private static string Source(JsonObject item)
    {
        var source = item.Object("source");
        var component = Or(source.Text("component"), item.Text("reportingComponent"));
        var instance = Or(source.Text("host"), item.Text("reportingInstance"));
        return instance.Length == 0 ? component : $"{component}, {instance}";
    }

    private static string Or(string first, string second) => first.Length > 0 ? first : second;
}
