using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Versions;

/// <summary>
/// One metric of an autoscaler as autoscaling/v1 has it in its annotations (flat, one field a kind of value) and as
/// autoscaling/v2 has it (an identifier, and a target or a current value).
/// </summary>
internal static class HpaMetrics
{
    public static JsonObject SpecToV1(JsonObject metric) => Convert(metric, (kind, source) =>
    {
        var target = source.Object("target");
        var v1 = Identity(kind, source);
        Put(v1, kind is "object" or "external" ? "targetValue" : null, target?["value"]?.DeepClone());
        Put(v1, "targetAverageUtilization", target?["averageUtilization"]?.DeepClone());
        Put(v1, kind == "object" ? "averageValue" : "targetAverageValue", target?["averageValue"]?.DeepClone());
        return v1;
    });

    public static JsonObject SpecToV2(JsonObject metric) => Convert(metric, (kind, source) =>
    {
        var v2 = Identified(kind, source);
        var (value, average, percent) = (
            source["targetValue"], source[kind == "object" ? "averageValue" : "targetAverageValue"],
            source["targetAverageUtilization"]);
        // An object's value is never absent in version 1, so a zero beside an average is none.
        value = kind == "object" && average is not null ? null : value;
        var target = new JsonObject
        {
            ["type"] = percent is not null ? "Utilization" : value is not null ? "Value" : "AverageValue",
        };
        Put(target, "value", value?.DeepClone());
        Put(target, "averageValue", average?.DeepClone());
        Put(target, "averageUtilization", percent?.DeepClone());
        v2["target"] = target;
        return v2;
    });

    public static JsonObject StatusToV1(JsonObject metric) => Convert(metric, (kind, source) =>
    {
        var current = source.Object("current");
        var v1 = Identity(kind, source);
        Put(v1, kind is "object" or "external" ? "currentValue" : null, current?["value"]?.DeepClone());
        Put(v1, "currentAverageUtilization", current?["averageUtilization"]?.DeepClone());
        Put(v1, kind == "object" ? "averageValue" : "currentAverageValue", current?["averageValue"]?.DeepClone());
        return v1;
    });

    public static JsonObject StatusToV2(JsonObject metric) => Convert(metric, (kind, source) =>
    {
        var v2 = Identified(kind, source);
        var current = new JsonObject();
        Put(current, "value", source["currentValue"]?.DeepClone());
        Put(current, "averageValue",
            source[kind == "object" ? "averageValue" : "currentAverageValue"]?.DeepClone());
        Put(current, "averageUtilization", source["currentAverageUtilization"]?.DeepClone());
        v2["current"] = current;
        return v2;
    });

    /// <summary>Copies of those of the fields that are there.</summary>
    public static JsonObject Pick(JsonObject? from, params string[] names)
    {
        var picked = new JsonObject();
        foreach (var name in names)
        {
            Put(picked, name, from?[name]?.DeepClone());
        }

        return picked;
    }

    /// <summary>Sets a field where there is a name and a value.</summary>
    public static void Put(JsonObject into, string? name, JsonNode? value)
    {
        if (name is not null && value is not null)
        {
            into[name] = value;
        }
    }

    private static JsonObject Convert(JsonObject metric, Func<string, JsonObject, JsonObject> source)
    {
        var converted = Pick(metric, "type");
        foreach (var kind in (string[])["object", "pods", "resource", "containerResource", "external"])
        {
            Put(converted, kind, metric.Object(kind) is { } part ? source(kind, part) : null);
        }

        return converted;
    }

    /// <summary>What is measured, in the flat form.</summary>
    private static JsonObject Identity(string kind, JsonObject source)
    {
        if (kind is "resource" or "containerResource")
        {
            return Pick(source, "name", "container");
        }

        var v1 = new JsonObject();
        var metric = source.Object("metric");
        Put(v1, "target", kind == "object" ? source["describedObject"]?.DeepClone() : null);
        Put(v1, "metricName", metric?["name"]?.DeepClone());
        Put(v1, kind == "external" ? "metricSelector" : "selector", metric?["selector"]?.DeepClone());
        return v1;
    }

    private static JsonObject Identified(string kind, JsonObject source)
    {
        if (kind is "resource" or "containerResource")
        {
            return Pick(source, "name", "container");
        }

        var (v2, metric) = (new JsonObject(), new JsonObject());
        Put(metric, "name", source["metricName"]?.DeepClone());
        Put(metric, "selector", source[kind == "external" ? "metricSelector" : "selector"]?.DeepClone());
        Put(v2, "describedObject", kind == "object" ? source["target"]?.DeepClone() : null);
        v2["metric"] = metric;
        return v2;
    }
}
