using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>The rules that a description states by itself: required, enum, bounds, formats.</summary>
internal static class TreeRules
{
    public static void Check(SchemaNode node, JsonObject obj, string path, FieldErrors errors)
    {
        foreach (var field in node.Fields)
        {
            Field(field, obj, path.Length == 0 ? field.Name : $"{path}.{field.Name}", errors);
        }
    }

    /// <summary>One field of an object; <c>path</c> is where the field stands.</summary>
    public static void Field(SchemaField field, JsonObject obj, string path, FieldErrors errors)
    {
        var value = obj[field.Name];
        if (!IsMissing(value))
        {
            Value(field, field.Node, value!, path, errors);
        }
        else if (field.Required)
        {
            errors.Required(path, field.Name == "topologyKey" ? "can not be empty" : "");
        }
    }

    private static bool IsMissing(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject => false,
        _ => JsonTree.AsText(value) is "",
    };

    private static void Value(SchemaField field, SchemaNode node, JsonNode value, string path, FieldErrors errors)
    {
        switch (value)
        {
            case JsonObject map when node.Type == SchemaType.Object:
                Check(node, map, path, errors);
                break;
            case JsonObject map when node.Type == SchemaType.Map:
                foreach (var (key, item) in map.Where(pair => pair.Value is not null))
                {
                    Value(field, node.Item!, item!, $"{path}[{key}]", errors);
                }

                break;
            case JsonArray list when node.Type == SchemaType.List:
                for (var at = 0; at < list.Count; at++)
                {
                    Value(field, node.Item!, list[at]!, $"{path}[{at}]", errors);
                }

                break;
            default:
                Scalar(field, node, value, path, errors);
                break;
        }
    }

    private static void Scalar(SchemaField field, SchemaNode node, JsonNode value, string path, FieldErrors errors)
    {
        if (JsonTree.AsLong(value) is { } number)
        {
            Bounds(field, number, value, path, errors);
        }

        var text = JsonTree.AsText(value);
        if (text is null)
        {
            return;
        }

        if (field.Enum.Count > 0 && !field.Enum.Contains(text))
        {
            errors.NotSupported(path, value, field.Enum);
        }

        if (field.Format.Length > 0)
        {
            errors.InvalidAll(path, value, FieldFormats.Check(field.Format, text));
        }

        if (node.Type == SchemaType.Quantity && field.Format.Length == 0
            && Quantity.TryParse(text, out var amount) && amount < Quantity.Zero)
        {
            errors.Invalid(path, value, "must be greater than or equal to 0");
        }
    }

    private static void Bounds(SchemaField field, long number, JsonNode value, string path, FieldErrors errors)
    {
        // A zero that Go would write for an absent plain field is absence, not a value out of bounds.
        if (number == 0 && !field.Pointer && !field.Required && field.Node.Type != SchemaType.List)
        {
            return;
        }

        var tooLow = number < field.Min;
        if (!tooLow && !(number > field.Max))
        {
            return;
        }

        if (number == 0 && field.Name == "containerPort")
        {
            errors.Required(path);
            return;
        }

        errors.Invalid(path, value, (field.Min, field.Max) switch
        {
            (600, null) => "may not specify a duration less than 600 seconds (10 minutes)",
            (0, null) => "must be greater than or equal to 0",
            (var min, null) => $"must be greater than {min - 1}",
            (1, 100) => "must be in the range 1-100",
            (0, 511) => "must be a number between 0 and 0777 (octal), both inclusive",
            var (min, max) => $"must be between {min} and {max}, inclusive",
        });
    }
}
