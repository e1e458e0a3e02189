using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// Puts an applied object over the live one: leaves are replaced, everything else is joined part by part.
/// </summary>
internal static class FieldMerge
{
    /// <summary>A new tree. A null that is applied takes a leaf away; parts that hold something stay.</summary>
    public static JsonObject Object(SchemaNode node, JsonObject live, JsonObject applied)
    {
        var result = live.Copy();
        var gone = new List<string>();
        foreach (var (name, value) in applied)
        {
            var field = node.Find(name);
            var type = field?.Node ?? node.Item;
            if (type is null)
            {
                continue;
            }

            var merged = Value(type, field, result[name], value);
            if (merged is null)
            {
                gone.Add(name);
            }
            else if (!ReferenceEquals(merged, result[name]))
            {
                result[name] = merged;
            }
        }

        result.RemoveAll(gone);
        return result;
    }

    private static JsonNode? Value(SchemaNode node, SchemaField? field, JsonNode? live, JsonNode? applied) =>
        (FieldShapes.Of(node, field), live, applied) switch
        {
            (FieldShape.Leaf, _, _) => applied?.DeepClone(),
            (FieldShape.Items, JsonArray { Count: > 0 } list, _) => Items(field!, list, applied as JsonArray ?? []),
            (FieldShape.Struct or FieldShape.Map, JsonObject { Count: > 0 } inner, _) =>
                Object(node, inner, applied as JsonObject ?? []),
            (FieldShape.Items, _, JsonArray list) => Items(field!, [], list),
            (FieldShape.Struct or FieldShape.Map, _, JsonObject inner) => Object(node, [], inner),
            _ => null,
        };

    /// <summary>
    /// Applied items keep their order among themselves, live ones that nobody applied keep their place before the
    /// shared item that they stood before, and go before new ones.
    /// </summary>
    private static JsonArray Items(SchemaField field, JsonArray live, JsonArray applied)
    {
        var steps = live.Select(item => FieldElement.Item(field, item)).ToList();
        var (known, wanted) = (FieldItems.Of(field, live), FieldItems.Of(field, applied));
        var order = wanted.Keys.ToList();
        var shared = new Queue<string>(order.Where(known.ContainsKey));
        var done = new HashSet<string>(StringComparer.Ordinal);
        var result = new JsonArray();
        for (int at = 0, to = 0; at < steps.Count || to < order.Count;)
        {
            if (at < steps.Count && to < order.Count && steps[at] != order[to] && wanted.ContainsKey(steps[at])
                && shared.TryPeek(out var next) && next != steps[at])
            {
                // Applied in another place; it comes when its turn does.
                at++;
                continue;
            }

            if (at < steps.Count && !wanted.ContainsKey(steps[at]))
            {
                result.Add(live[at]?.DeepClone());
                at++;
                continue;
            }

            if (at < steps.Count && ((to < order.Count && steps[at] == order[to]) || done.Contains(steps[at])))
            {
                at++;
            }

            if (to < order.Count && done.Add(order[to]))
            {
                result.Add(Item(field, known.GetValueOrDefault(order[to]), wanted[order[to]][0]));
                if (shared.TryPeek(out var first) && first == order[to])
                {
                    shared.Dequeue();
                }

                to++;
            }
        }

        return result;
    }

    /// <summary>A live item that stands more than once is replaced by the applied one.</summary>
    private static JsonNode? Item(SchemaField field, List<JsonNode?>? live, JsonNode? applied) =>
        Value(field.Node.Item!, null, live is [var only] ? only : null, applied) ?? applied?.DeepClone();
}
