using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Versions;

/// <summary>
/// An autoscaler's behavior as the annotation of autoscaling/v1 has it. Upstream writes its internal type there, so the
/// names begin with capitals and absent fields are null; it reads them in any spelling, and so does this.
/// </summary>
internal static class HpaBehavior
{
    private static readonly string[] s_directions = ["scaleUp", "scaleDown"];
    private static readonly string[] s_rules = ["stabilizationWindowSeconds", "selectPolicy", "policies", "tolerance"];
    private static readonly string[] s_policy = ["type", "value", "periodSeconds"];

    public static JsonObject ToNote(JsonObject behavior) =>
        Capital(behavior, s_directions, rules => Capital(rules, s_rules, policy => Capital(policy, s_policy, null)));

    public static JsonObject FromNote(JsonObject note) =>
        Small(note, s_directions, rules => Small(rules, s_rules, policy => Small(policy, s_policy, null)));

    private static JsonObject Capital(JsonObject from, string[] names, Func<JsonObject, JsonObject>? inner)
    {
        var to = new JsonObject();
        foreach (var name in names)
        {
            to[char.ToUpperInvariant(name[0]) + name[1..]] = Copy(from[name], inner);
        }

        return to;
    }

    private static JsonObject Small(JsonObject from, string[] names, Func<JsonObject, JsonObject>? inner)
    {
        var to = new JsonObject();
        foreach (var name in names)
        {
            foreach (var (key, value) in from)
            {
                if (value is not null && key.Equals(name, StringComparison.OrdinalIgnoreCase))
                {
                    to[name] = Copy(value, inner);
                }
            }
        }

        return to;
    }

    private static JsonNode? Copy(JsonNode? value, Func<JsonObject, JsonObject>? inner) => value switch
    {
        JsonObject part when inner is not null => inner(part),
        JsonArray list when inner is not null =>
            new JsonArray([.. list.Select(item => item is JsonObject part ? inner(part) : item?.DeepClone())]),
        _ => value?.DeepClone(),
    };
}
