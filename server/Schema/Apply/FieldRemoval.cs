using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>Takes fields out of an object.</summary>
internal static class FieldRemoval
{
    /// <summary>A new tree without the members of the set and all that stands below them.</summary>
    public static JsonObject Object(SchemaNode node, JsonObject obj, FieldSet set)
    {
        var result = obj.Copy();
        Take(node, result, set);
        return result;
    }

    private static void Take(SchemaNode node, JsonObject obj, FieldSet set)
    {
        var gone = new List<string>();
        foreach (var item in set.Nodes)
        {
            if (!FieldElement.IsField(item.Element, out var name) || !obj.ContainsKey(name))
            {
                continue;
            }

            var field = node.Find(name);
            if (item.IsMember || Below(field?.Node ?? node.Item, field, obj[name], item.Below))
            {
                gone.Add(name);
            }
        }

        obj.RemoveAll(gone);
    }

    /// <summary>True when nothing is left of what held something.</summary>
    private static bool Below(SchemaNode? node, SchemaField? field, JsonNode? value, FieldSet set)
    {
        if (node is null || set.IsEmpty)
        {
            return false;
        }

        switch (FieldShapes.Of(node, field), value)
        {
            case (FieldShape.Struct or FieldShape.Map, JsonObject { Count: > 0 } inner):
                Take(node, inner, set);
                return inner.Count == 0;
            case (FieldShape.Items, JsonArray { Count: > 0 } list):
                Items(field!, list, set);
                return list.Count == 0;
            default:
                return false;
        }
    }

    private static void Items(SchemaField field, JsonArray list, FieldSet set)
    {
        var kept = new List<JsonNode?>(list.Count);
        foreach (var item in list)
        {
            if (set.Find(FieldElement.Item(field, item)) is not { } found
                || !(found.IsMember || Below(field.Node.Item, null, item, found.Below)))
            {
                kept.Add(item);
            }
        }

        if (kept.Count == list.Count)
        {
            return;
        }

        list.Clear();
        foreach (var item in kept)
        {
            list.Add(item);
        }
    }
}
