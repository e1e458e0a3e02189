using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>The fields that an applied object names: its leaves, its empty objects, every item and every key.</summary>
internal static class FieldsOf
{
    /// <param name="node">An object or a part of one that is owned in parts.</param>
    /// <param name="obj">The object; a null in it is a field that is named.</param>
    public static FieldSet Object(SchemaNode node, JsonObject obj)
    {
        var result = new List<FieldSet.Node>(obj.Count);
        foreach (var (name, value) in obj)
        {
            if (node.Type == SchemaType.Map)
            {
                result.Add(new FieldSet.Node(
                    FieldElement.Field(name), IsMember: true, Below(node.Item!, null, value)));
            }
            else if (node.Find(name) is { } field)
            {
                var isLeaf = FieldShapes.Of(field.Node, field) == FieldShape.Leaf;
                result.Add(new FieldSet.Node(field.Element, isLeaf || value is null or JsonObject { Count: 0 },
                    Below(field.Node, field, value)));
            }
        }

        return FieldSet.Of(result);
    }

    private static FieldSet Below(SchemaNode node, SchemaField? field, JsonNode? value) =>
        (FieldShapes.Of(node, field), value) switch
        {
            (FieldShape.Struct or FieldShape.Map, JsonObject inner) => Object(node, inner),
            (FieldShape.Items, JsonArray list) => Items(field!, list),
            _ => FieldSet.Empty,
        };

    private static FieldSet Items(SchemaField field, JsonArray list)
    {
        var result = new List<FieldSet.Node>(list.Count);
        foreach (var item in list)
        {
            result.Add(new FieldSet.Node(
                FieldElement.Item(field, item), IsMember: true, Below(field.Node.Item!, null, item)));
        }

        return FieldSet.Of(result);
    }
}
