using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>The items of a list by their step, in the order of the list.</summary>
internal static class FieldItems
{
    /// <summary>An item that stands twice has several values under its step.</summary>
    public static OrderedDictionary<string, List<JsonNode?>> Of(SchemaField field, JsonArray? list)
    {
        var result = new OrderedDictionary<string, List<JsonNode?>>(StringComparer.Ordinal);
        foreach (var item in list ?? [])
        {
            var element = FieldElement.Item(field, item);
            if (!result.TryGetValue(element, out var known))
            {
                result.Add(element, known = []);
            }

            known.Add(item);
        }

        return result;
    }
}
