using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Versions;

/// <summary>
/// A HorizontalPodAutoscaler as autoscaling/v1 and as autoscaling/v2. Version 1 has a field for the processor's
/// utilization only; what else version 2 says stands in annotations, so that a client of version 1 that writes back
/// what it read loses nothing.
/// </summary>
internal static class HpaVersions
{
    private const string MetricsNote = "autoscaling.alpha.kubernetes.io/metrics";
    private const string CurrentNote = "autoscaling.alpha.kubernetes.io/current-metrics";
    private const string ConditionsNote = "autoscaling.alpha.kubernetes.io/conditions";
    private const string BehaviorNote = "autoscaling.alpha.kubernetes.io/behavior";

    /// <summary>What version 1 means when nothing is measured.</summary>
    private const int DefaultUtilization = 80;

    private static readonly string[] s_notes = [MetricsNote, CurrentNote, ConditionsNote, BehaviorNote];

    public static JsonObject ToV1(JsonObject v2)
    {
        var (metadata, notes) = WithoutNotes(v2);
        var (spec, status) = (v2.Object("spec"), v2.Object("status"));
        var others = new JsonArray();
        JsonNode? utilization = null;
        foreach (var metric in spec.Objects("metrics"))
        {
            if (Utilization(metric) is { } percent)
            {
                utilization ??= percent.DeepClone();
            }
            else
            {
                others.Add((JsonNode)HpaMetrics.SpecToV1(metric));
            }
        }

        Note(notes, MetricsNote, others);
        Note(notes, BehaviorNote, spec.Object("behavior") is { } behavior ? HpaBehavior.ToNote(behavior) : null);
        // Kept also where it is only the processor's utilization, for the value behind the percentage.
        Note(notes, CurrentNote, new JsonArray(
            [.. status.Objects("currentMetrics").Select(metric => (JsonNode)HpaMetrics.StatusToV1(metric))]));
        Note(notes, ConditionsNote, status.Items("conditions") is JsonArray { Count: > 0 } list ? list : null);
        Attach(metadata, notes);

        var (v1, v1Status) = (Bounds(spec), Progress(status));
        HpaMetrics.Put(v1, "targetCPUUtilizationPercentage", utilization);
        HpaMetrics.Put(v1Status, "currentCPUUtilizationPercentage", CurrentUtilization(status)?.DeepClone());
        return Whole("autoscaling/v1", metadata, v1, v1Status);
    }

    public static JsonObject ToV2(JsonObject v1)
    {
        var (metadata, notes) = WithoutNotes(v1);
        var given = v1.Object("metadata").Object("annotations");
        var (spec, status) = (Bounds(v1.Object("spec")), Progress(v1.Object("status")));

        var metrics = new JsonArray(
            [.. List(given, MetricsNote).Select(metric => (JsonNode)HpaMetrics.SpecToV2(metric))]);
        var percent = v1.Object("spec")?["targetCPUUtilizationPercentage"]?.DeepClone();
        if (percent is not null || metrics.Count == 0)
        {
            metrics.Add((JsonNode)Cpu("target", new JsonObject
            {
                ["type"] = "Utilization", ["averageUtilization"] = percent ?? DefaultUtilization,
            }));
        }

        spec["metrics"] = metrics;
        if (Read(given, BehaviorNote) is JsonObject { Count: > 0 } behavior)
        {
            spec["behavior"] = HpaBehavior.FromNote(behavior);
        }

        var current = new JsonArray(
            [.. List(given, CurrentNote).Select(metric => (JsonNode)HpaMetrics.StatusToV2(metric))]);
        if (current.Count == 0 && v1.Object("status")?["currentCPUUtilizationPercentage"] is { } used)
        {
            current.Add((JsonNode)Cpu("current", new JsonObject { ["averageUtilization"] = used.DeepClone() }));
        }

        HpaMetrics.Put(status, "currentMetrics", current.Count > 0 ? current : null);
        var conditions = List(given, ConditionsNote).Select(condition => condition.DeepClone()).ToArray();
        HpaMetrics.Put(status, "conditions", conditions.Length > 0 ? new JsonArray(conditions) : null);
        Attach(metadata, notes);
        return Whole("autoscaling/v2", metadata, spec, status);
    }

    private static JsonObject Whole(string version, JsonObject metadata, JsonObject spec, JsonObject status)
    {
        var whole = new JsonObject
        {
            ["apiVersion"] = version,
            ["kind"] = "HorizontalPodAutoscaler",
            ["metadata"] = metadata,
            ["spec"] = spec,
        };
        HpaMetrics.Put(whole, "status", status.Count > 0 ? status : null);
        return whole;
    }

    /// <summary>The part of the spec that both versions have.</summary>
    private static JsonObject Bounds(JsonObject? spec) =>
        HpaMetrics.Pick(spec, "scaleTargetRef", "minReplicas", "maxReplicas");

    private static JsonObject Progress(JsonObject? status) =>
        HpaMetrics.Pick(status, "observedGeneration", "lastScaleTime", "currentReplicas", "desiredReplicas");

    /// <summary>The percentage of a metric that version 1 has a field for.</summary>
    private static JsonNode? Utilization(JsonObject metric) =>
        metric.Text("type") == "Resource" && metric.Object("resource").Text("name") == "cpu"
            ? metric.Object("resource").Object("target")?["averageUtilization"]
            : null;

    private static JsonNode? CurrentUtilization(JsonObject? status) => status.Objects("currentMetrics")
        .Where(metric => metric.Text("type") == "Resource" && metric.Object("resource").Text("name") == "cpu")
        .Select(metric => metric.Object("resource").Object("current")?["averageUtilization"])
        .LastOrDefault(percent => percent is not null);

    private static JsonObject Cpu(string field, JsonObject value) => new()
    {
        ["type"] = "Resource", ["resource"] = new JsonObject { ["name"] = "cpu", [field] = value },
    };

    /// <summary>Copies of the metadata without annotations, and of the annotations without ours.</summary>
    private static (JsonObject Metadata, JsonObject Notes) WithoutNotes(JsonObject obj)
    {
        var metadata = obj.Object("metadata")?.Copy() ?? [];
        var notes = metadata.Object("annotations")?.Copy() ?? [];
        metadata.Remove("annotations");
        foreach (var name in s_notes)
        {
            notes.Remove(name);
        }

        return (metadata, notes);
    }

    private static void Attach(JsonObject metadata, JsonObject notes) =>
        HpaMetrics.Put(metadata, "annotations", notes.Count > 0 ? notes : null);

    private static void Note(JsonObject notes, string name, JsonNode? value)
    {
        if (value is not (null or JsonArray { Count: 0 }))
        {
            notes[name] = value.ToJsonString();
        }
    }

    private static IEnumerable<JsonObject> List(JsonObject? notes, string name) =>
        Read(notes, name) is JsonArray list ? list.OfType<JsonObject>() : [];

    /// <summary>Null when absent or no JSON: as upstream, a note that cannot be read says nothing.</summary>
    private static JsonNode? Read(JsonObject? notes, string name)
    {
        try
        {
            return notes.Text(name) is { Length: > 0 } text ? JsonNode.Parse(text) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
