using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>How the parts of a value are owned.</summary>
internal enum FieldShape
{
    /// <summary>As one: scalars, and whatever the schema calls atomic.</summary>
    Leaf,
    Struct,
    Map,

    /// <summary>Items by their keys or, in a set, by themselves.</summary>
    Items,
}

/// <summary>What the schema says about who can own what of a value.</summary>
internal static class FieldShapes
{
    /// <param name="node">The type of the value.</param>
    /// <param name="field">The field that holds it; null for an item of a list or a map.</param>
    public static FieldShape Of(SchemaNode node, SchemaField? field) => node.Type switch
    {
        SchemaType.Object => (node.Atomic && field is not { Granular: true }) || field is { Atomic: true }
            ? FieldShape.Leaf
            : FieldShape.Struct,
        SchemaType.Map => field is { Atomic: true } ? FieldShape.Leaf : FieldShape.Map,
        SchemaType.List => field is null or { ListType: ListType.Atomic } ? FieldShape.Leaf : FieldShape.Items,
        _ => FieldShape.Leaf,
    };

    /// <summary>
    /// True for what Go writes wherever it writes the object around it: a struct that is no pointer, and what is kept
    /// when zero. Such a field is never added or removed itself, only changed.
    /// </summary>
    public static bool IsAlwaysThere(this SchemaField field) =>
        !field.Pointer && (field.KeepZero || field.Node.Type == SchemaType.Object);

    /// <summary>True for a value that Go does not tell from an absent one.</summary>
    public static bool IsZero(this SchemaField field, JsonNode? value) => value switch
    {
        null => true,
        _ when field.Pointer => false,
        JsonObject map => map.Count == 0,
        JsonArray list => list.Count == 0,
        JsonValue scalar => scalar.GetValueKind() switch
        {
            JsonValueKind.False => true,
            JsonValueKind.String => scalar.GetValue<string>().Length == 0,
            JsonValueKind.Number => JsonTree.AsLong(scalar) == 0,
            _ => false,
        },
        _ => false,
    };
}
