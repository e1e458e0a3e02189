using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// FieldsV1: an object for each step, <c>"."</c> where a step with others below it is in the set itself.
/// </summary>
internal static class FieldSetJson
{
    /// <summary>More steps than any path has; deeper JSON could not be read back from the store.</summary>
    private const int StepsMax = 48;

    /// <summary>Null when it is no FieldsV1.</summary>
    /// <param name="json">The object as it was sent or stored.</param>
    /// <param name="trusted">True for what this server wrote, which has one spelling.</param>
    public static FieldSet? Read(JsonNode? json, bool trusted) => Read(json, trusted, StepsMax);

    private static FieldSet? Read(JsonNode? json, bool trusted, int stepsMax)
    {
        if (json is not JsonObject steps || stepsMax == 0)
        {
            return null;
        }

        var result = new List<FieldSet.Node>(steps.Count);
        foreach (var (name, value) in steps)
        {
            if (name == FieldElement.Self)
            {
                // Read by whoever stands above.
                continue;
            }

            var element = trusted ? name : FieldElement.Canonical(name);
            if (element is null || value is not JsonObject inner || Read(inner, trusted, stepsMax - 1) is not { } below)
            {
                return null;
            }

            result.Add(new FieldSet.Node(
                element, inner.Count == 0 || inner.ContainsKey(FieldElement.Self), below));
        }

        return FieldSet.Of(result);
    }

    public static void Write(Utf8JsonWriter writer, FieldSet set, bool isMember = false)
    {
        writer.WriteStartObject();
        if (isMember && !set.IsEmpty)
        {
            WriteSelf(writer);
        }

        foreach (var node in set.Nodes)
        {
            writer.WritePropertyName(node.Element);
            Write(writer, node.Below, node.IsMember);
        }

        writer.WriteEndObject();
    }

    public static void WriteSelf(Utf8JsonWriter writer)
    {
        writer.WriteStartObject(FieldElement.Self);
        writer.WriteEndObject();
    }
}
