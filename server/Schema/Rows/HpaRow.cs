using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>An autoscaler's line in <c>kubectl get hpa</c>, from its form of autoscaling/v2.</summary>
internal static class HpaRow
{
    private const string Unknown = "<unknown>";

    /// <summary>So many metrics are shown in full, the rest is counted.</summary>
    private const int MetricsMax = 2;

    public static IReadOnlyList<JsonNode?> Cells(JsonObject hpa, DateTimeOffset now)
    {
        var (spec, status) = (hpa.Object("spec"), hpa.Object("status"));
        var target = spec.Object("scaleTargetRef");
        return
        [
            hpa.Object("metadata").Text("name"),
            $"{target.Text("kind")}/{target.Text("name")}",
            Targets(spec, status),
            spec?["minReplicas"]?.ToString() ?? "<unset>",
            spec.Number("maxReplicas") ?? 0,
            status.Number("currentReplicas") ?? 0,
            RowAge.Age(hpa, now),
        ];
    }

    private static string Targets(JsonObject? spec, JsonObject? status)
    {
        var current = status.Objects("currentMetrics").ToList();
        var all = spec.Objects("metrics")
            .Select((metric, at) => Target(metric, at < current.Count ? current[at] : null)).ToList();
        var shown = string.Join(", ", all.Take(MetricsMax));
        return all.Count == 0 ? "<none>"
            : all.Count > MetricsMax ? $"{shown} + {all.Count - MetricsMax} more..."
            : shown;
    }

    private static string Target(JsonObject metric, JsonObject? status)
    {
        var type = metric.Text("type");
        var field = type.Length == 0 ? "" : char.ToLowerInvariant(type[0]) + type[1..];
        var source = metric.Object(field);
        var (target, current) = (source.Object("target"), status.Object(field).Object("current"));
        var (average, value) = (Amount(target, "averageValue"), Amount(target, "value"));
        return type switch
        {
            "Resource" or "ContainerResource" when average.Length > 0 =>
                $"{source.Text("name")}: {Amount(current, "averageValue", Unknown)}/{average}",
            "Resource" or "ContainerResource" =>
                $"{source.Text("name")}: {Percent(current, Unknown)}/{Percent(target, "<auto>")}",
            "Pods" => $"{Amount(current, "averageValue", Unknown)}/{average}",
            "Object" or "External" when average.Length > 0 =>
                $"{Amount(current, "averageValue", Unknown)}/{average} (avg)",
            "Object" or "External" => $"{Amount(current, "value", Unknown)}/{value}",
            _ => "<unknown type>",
        };
    }

    private static string Amount(JsonObject? values, string field, string absent = "") =>
        values?[field]?.ToString() ?? absent;

    private static string Percent(JsonObject? values, string absent) =>
        values?["averageUtilization"] is { } percent ? $"{percent}%" : absent;
}
