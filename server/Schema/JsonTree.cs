using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema;

/// <summary>Reads from trees whoever made them: parsed values and values set by code answer alike.</summary>
internal static class JsonTree
{
    public static JsonObject? Object(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonObject;

    public static IList<JsonNode?> Items(this JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonArray list ? list : [];

    public static IEnumerable<JsonObject> Objects(this JsonNode? node, string name) =>
        node.Items(name).OfType<JsonObject>();

    /// <summary>The text of a string field; empty when absent or of another type.</summary>
    public static string Text(this JsonNode? node, string name) => AsText((node as JsonObject)?[name]) ?? "";

    public static string? AsText(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(this JsonNode? node, string name) => AsLong((node as JsonObject)?[name]);

    public static long? AsLong(JsonNode? node) => node is not JsonValue value ? null
        : value.TryGetValue<long>(out var number) ? number
        : value.TryGetValue<int>(out var small) ? small
        : value.TryGetValue<decimal>(out var exact) && decimal.IsInteger(exact)
            && exact is >= long.MinValue and <= long.MaxValue ? (long)exact
        : null;

    public static bool Flag(this JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<bool>(out var flag) && flag;

    /// <summary>The value at a dotted path of objects, or null.</summary>
    public static JsonNode? At(this JsonNode? node, string path)
    {
        foreach (var part in path.Split('.'))
        {
            node = (node as JsonObject)?[part];
        }

        return node;
    }

    /// <summary>The child object, made when absent.</summary>
    public static JsonObject Ensure(this JsonObject node, string name)
    {
        if (node[name] is JsonObject child)
        {
            return child;
        }

        child = [];
        node[name] = child;
        return child;
    }

    /// <summary>In place; one name takes as long as there are fields, many take no longer together.</summary>
    public static void RemoveAll(this JsonObject obj, IReadOnlyCollection<string> gone)
    {
        if (gone.Count <= 2)
        {
            foreach (var name in gone)
            {
                obj.Remove(name);
            }

            return;
        }

        var names = gone.ToHashSet(StringComparer.Ordinal);
        var kept = new List<KeyValuePair<string, JsonNode?>>(obj.Count);
        foreach (var field in obj)
        {
            if (!names.Contains(field.Key))
            {
                kept.Add(field);
            }
        }

        obj.Clear();
        foreach (var (name, value) in kept)
        {
            obj.Add(name, value);
        }
    }

    public static bool Same(JsonNode? left, JsonNode? right) => JsonNode.DeepEquals(left, right);

    public static JsonObject Copy(this JsonObject node) => (JsonObject)node.DeepClone();

    /// <summary>Go's word for what stands here, as its decoder's messages have it.</summary>
    public static string KindWord(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "object",
        JsonArray => "array",
        _ => node.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.True or JsonValueKind.False => "bool",
            JsonValueKind.Number => "number",
            JsonValueKind.Null or JsonValueKind.Undefined => "null",
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
        },
    };
}
