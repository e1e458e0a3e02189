using System.Text.Json;
using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>
/// Metrics of the custom and the external metrics API, which no one serves here: what upstream says without them.
/// Pure.
/// </summary>
internal static class UnservedMetrics
{
    private const string NoCustomApi = "unable to fetch metrics from custom metrics API: "
        + "no custom metrics API (custom.metrics.k8s.io) registered";

    public static MetricFault FaultOf(MetricSpec metric, string ns)
    {
        switch (metric.Type)
        {
            case MetricTypes.Pods:
                var pods = $"unable to get metric {NameOf(metric.Pods)}: {NoCustomApi}";
                return new MetricFault("FailedGetPodsMetric", pods, $"failed to get pods metric value: {pods}");
            case MetricTypes.Object:
                var about = Member(metric.Object, "describedObject");
                // The order of the words is upstream's.
                var of = $"unable to get metric {NameOf(metric.Object)}: {Text(about, "kind")} on {ns} "
                    + $"{Text(about, "name")}/{NoCustomApi}";
                return new MetricFault("FailedGetObjectMetric", of, $"failed to get object metric value: {of}");
            case MetricTypes.External:
                var name = NameOf(metric.External);
                var outside = $"unable to get external metric {ns}/{name}/{SelectorOf(metric.External)}: "
                    + "unable to fetch metrics from external metrics API: the server could not find the requested "
                    + $"resource (get {name}.external.metrics.k8s.io)";
                return new MetricFault(
                    "FailedGetExternalMetric", outside, $"failed to get {name} external metric value: {outside}");
            default:
                var unknown = $"unknown metric source type \"{metric.Type}\"";
                return new MetricFault("InvalidMetricSourceType", unknown, unknown);
        }
    }

    private static string NameOf(JsonElement? source) => Text(Member(source, "metric"), "name");

    /// <summary>As Go prints a LabelSelector.</summary>
    private static string SelectorOf(JsonElement? source)
    {
        if (Member(Member(source, "metric"), "selector") is not { ValueKind: JsonValueKind.Object } map
            || map.Deserialize(ModelJson.Default.LabelSelector) is not { } selector)
        {
            return "nil";
        }

        var given = selector.MatchLabels ?? new Dictionary<string, string>();
        var labels = given.Keys.Order(StringComparer.Ordinal).Select(name => $"{name}: {given[name]},");
        var expressions = (selector.MatchExpressions ?? []).Select(one =>
            $"LabelSelectorRequirement{{Key:{one.Key},Operator:{one.Operator},"
            + $"Values:[{string.Join(' ', one.Values ?? [])}],}},");
        return $"&LabelSelector{{MatchLabels:map[string]string{{{string.Concat(labels)}}},"
            + $"MatchExpressions:[]LabelSelectorRequirement{{{string.Concat(expressions)}}},}}";
    }

    private static JsonElement? Member(JsonElement? of, string name) =>
        of is { ValueKind: JsonValueKind.Object } map && map.TryGetProperty(name, out var value) ? value : null;

    private static string Text(JsonElement? of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
}
