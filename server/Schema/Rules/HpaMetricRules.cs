using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>One metric of an autoscaler: the source of its type, and a target that the source can have.</summary>
internal static class HpaMetricRules
{
    private static readonly string[] s_types = ["ContainerResource", "External", "Object", "Pods", "Resource"];
    private static readonly string[] s_targets = ["Utilization", "Value", "AverageValue"];

    public static void Check(JsonObject metric, string path, FieldErrors errors)
    {
        var type = metric.Text("type");
        if (type.Length == 0)
        {
            errors.Required($"{path}.type", "must specify a metric source type");
        }

        if (!s_types.Contains(type))
        {
            errors.NotSupported($"{path}.type", type, s_types);
        }

        var expected = s_types.Contains(type) ? Field(type) : "";
        if (expected.Length > 0 && metric.Object(expected) is null)
        {
            errors.Required($"{path}.{expected}", "must populate information for the given metric source");
        }

        // As upstream, only the first of several sources is looked into, and all but the right one are refused.
        var given = s_types.Select(Field).Where(field => metric.Object(field) is not null).ToList();
        if (given.Count > 0)
        {
            Source(given.Contains(expected) ? expected : given[0], metric, path, errors);
        }

        foreach (var field in given.Where(field => field != expected))
        {
            errors.Forbidden($"{path}.{field}", "must populate the given metric source only");
        }
    }

    private static string Field(string type) => char.ToLowerInvariant(type[0]) + type[1..];

    private static void Source(string field, JsonObject metric, string outer, FieldErrors errors)
    {
        var (source, path) = (metric.Object(field)!, $"{outer}.{field}");
        var target = source.Object("target");
        switch (field)
        {
            case "object":
                HpaRules.Reference(source.Object("describedObject"), $"{path}.describedObject", errors);
                Identifier(source, path, errors);
                Target(target, $"{path}.target", errors);
                if (Set(target, "value", "averageValue") == 0)
                {
                    errors.Required($"{path}.target.averageValue", "must set either a target value or averageValue");
                }

                break;
            case "pods":
                Identifier(source, path, errors);
                Target(target, $"{path}.target", errors);
                if (Set(target, "averageValue") == 0)
                {
                    errors.Required($"{path}.target.averageValue", "must specify a positive target averageValue");
                }

                break;
            case "external":
                Identifier(source, path, errors);
                Target(target, $"{path}.target", errors);
                if (Set(target, "value", "averageValue") == 0)
                {
                    errors.Required($"{path}.target.averageValue",
                        "must set either a target value for metric or a per-pod target");
                }
                else if (Set(target, "value", "averageValue") == 2)
                {
                    errors.Forbidden($"{path}.target.value",
                        "may not set both a target value for metric and a per-pod target");
                }

                break;
            default:
                Resource(source, path, withContainer: field == "containerResource", errors);
                break;
        }
    }

    private static void Resource(JsonObject source, string path, bool withContainer, FieldErrors errors)
    {
        if (source.Text("name").Length == 0)
        {
            errors.Required($"{path}.name", "must specify a resource name");
        }

        if (withContainer && source.Text("container").Length == 0)
        {
            errors.Required($"{path}.container", "must specify a container");
        }

        var target = source.Object("target");
        Target(target, $"{path}.target", errors);
        if (Set(target, "averageUtilization", "averageValue") == 0)
        {
            errors.Required($"{path}.target.averageUtilization",
                "must set either a target raw value or a target utilization");
        }
        else if (Set(target, "averageUtilization", "averageValue") == 2)
        {
            errors.Forbidden($"{path}.target.averageValue",
                "may not set both a target raw value and a target utilization");
        }
    }

    private static void Identifier(JsonObject source, string path, FieldErrors errors)
    {
        var name = source.Object("metric").Text("name");
        if (name.Length == 0)
        {
            errors.Required($"{path}.metric.name", "must specify a metric name");
        }

        errors.InvalidAll($"{path}.metric.name", name, Names.PathSegment(name));
    }

    private static void Target(JsonObject? target, string path, FieldErrors errors)
    {
        var type = target.Text("type");
        if (type.Length == 0)
        {
            errors.Required($"{path}.type", "must specify a metric target type");
        }

        if (!s_targets.Contains(type))
        {
            errors.Invalid($"{path}.type", type, "must be either Utilization, Value, or AverageValue");
        }
    }

    private static int Set(JsonObject? target, params string[] fields) =>
        fields.Count(field => target?[field] is not null);
}
