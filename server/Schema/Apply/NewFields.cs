using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// FieldsV1 of an object that did not exist before, written straight from the tree: what
/// <see cref="FieldComparison"/> would find against an empty object, at a fraction of its cost.
/// </summary>
internal static class NewFields
{
    private static readonly Comparer<string> s_order = Comparer<string>.Create(FieldElement.Compare);

    /// <summary>False when it holds nothing that can be owned.</summary>
    public static bool Write(Utf8JsonWriter writer, ResourceSchema schema, JsonObject obj)
    {
        writer.WriteStartObject();
        var any = false;
        foreach (var name in Sorted(obj))
        {
            var value = obj[name]!;
            if (name is "apiVersion" or "kind" || (name == "status" && schema.HasStatus)
                || schema.Tree.Find(name) is not { } field)
            {
                continue;
            }

            if (name == "metadata")
            {
                any |= Metadata(writer, field, (JsonObject)value);
            }
            else
            {
                any |= Root(writer, field, value);
            }
        }

        writer.WriteEndObject();
        return any;
    }

    /// <summary>What only the server sets is nobody's.</summary>
    private static bool Metadata(Utf8JsonWriter writer, SchemaField field, JsonObject metadata)
    {
        var any = false;
        foreach (var name in Sorted(metadata))
        {
            var value = metadata[name]!;
            if (!FieldTracking.IsServers(name) && field.Node.Find(name) is { } part && !part.IsZero(value))
            {
                if (!any)
                {
                    writer.WriteStartObject(field.Element);
                    any = true;
                }

                Added(writer, part.Node, part, part.Element, value, isNew: true);
            }
        }

        if (any)
        {
            writer.WriteEndObject();
        }

        return any;
    }

    /// <summary>
    /// A field of an object that was there in the empty object too: what Go always has is not added itself, only what
    /// is in it.
    /// </summary>
    private static bool Root(Utf8JsonWriter writer, SchemaField field, JsonNode value)
    {
        if (!Holds(field, value))
        {
            return false;
        }

        if (value is not JsonObject obj || !IsOpen(field))
        {
            Added(writer, field.Node, field, field.Element, value, isNew: !field.IsAlwaysThere());
            return true;
        }

        writer.WriteStartObject(field.Element);
        foreach (var name in Sorted(obj))
        {
            if (field.Node.Find(name) is { } part)
            {
                Root(writer, part, obj[name]!);
            }
        }

        writer.WriteEndObject();
        return true;
    }

    private static bool Holds(SchemaField field, JsonNode? value)
    {
        if (field.IsZero(value) || value is not JsonObject obj || !IsOpen(field))
        {
            return !field.IsZero(value);
        }

        foreach (var (name, inner) in obj)
        {
            if (field.Node.Find(name) is { } part && Holds(part, inner))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsOpen(SchemaField field) =>
        FieldShapes.Of(field.Node, field) == FieldShape.Struct && field.IsAlwaysThere();

    private static void Added(
        Utf8JsonWriter writer, SchemaNode node, SchemaField? field, string element, JsonNode value, bool isNew)
    {
        writer.WriteStartObject(element);
        switch (FieldShapes.Of(node, field), value)
        {
            case (FieldShape.Struct or FieldShape.Map, JsonObject { Count: > 0 } inner):
                Self(writer, isNew);
                Parts(writer, node, inner);
                break;
            case (FieldShape.Items, JsonArray { Count: > 0 } list):
                Self(writer, isNew);
                Items(writer, field!, list);
                break;
        }

        writer.WriteEndObject();
    }

    private static void Parts(Utf8JsonWriter writer, SchemaNode node, JsonObject obj)
    {
        foreach (var name in Sorted(obj))
        {
            var value = obj[name]!;
            if (node.Type == SchemaType.Map)
            {
                Added(writer, node.Item!, null, FieldElement.Field(name), value, isNew: true);
            }
            else if (node.Find(name) is { } field && (field.IsAlwaysThere() || !field.IsZero(value)))
            {
                Added(writer, field.Node, field, field.Element, value, isNew: true);
            }
        }
    }

    private static void Items(Utf8JsonWriter writer, SchemaField field, JsonArray list)
    {
        var (elements, values) = (new string[list.Count], new JsonNode?[list.Count]);
        for (var at = 0; at < elements.Length; at++)
        {
            (elements[at], values[at]) = (FieldElement.Item(field, list[at]), list[at]);
        }

        Array.Sort(elements, values, s_order);
        for (var at = 0; at < elements.Length; at++)
        {
            if (at > 0 && elements[at] == elements[at - 1])
            {
                continue;
            }

            var isDouble = at + 1 < elements.Length && elements[at] == elements[at + 1];
            if (isDouble || values[at] is not { } value)
            {
                writer.WriteStartObject(elements[at]);
                writer.WriteEndObject();
            }
            else
            {
                Added(writer, field.Node.Item!, null, elements[at], value, isNew: true);
            }
        }
    }

    private static void Self(Utf8JsonWriter writer, bool isNew)
    {
        if (isNew)
        {
            FieldSetJson.WriteSelf(writer);
        }
    }

    /// <summary>The names of members in the order that the form wants; nulls left out.</summary>
    private static string[] Sorted(JsonObject obj)
    {
        var names = new string[obj.Count];
        var count = 0;
        foreach (var (name, value) in obj)
        {
            if (value is not null)
            {
                names[count++] = name;
            }
        }

        Array.Resize(ref names, count);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
