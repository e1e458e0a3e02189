using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// What makes an object impossible to apply: fields that the schema does not know, items that stand twice. In the words
/// and paths of Kubernetes.
/// </summary>
internal static class ApplyCheck
{
    /// <summary>Null when it can be applied.</summary>
    public static string? Fault(ResourceSchema schema, JsonObject applied)
    {
        var faults = new Faults();
        Object(schema.Tree, applied, null, faults);
        if (faults.Texts.Count == 0)
        {
            return null;
        }

        var metadata = applied.Object("metadata");
        var kind = $"{metadata.Text("namespace")}/{metadata.Text("name")}; {schema.Group}/{schema.Version}, "
            + $"Kind={schema.Kind}";
        var text = faults.Texts is [var only]
            ? only
            : string.Join('\n', faults.Texts.Select(fault => $"  {fault}").Prepend("errors:"));
        return $"failed to create typed patch object ({kind}): {text}";
    }

    private static void Object(SchemaNode node, JsonObject obj, Step? path, Faults faults)
    {
        foreach (var (name, value) in obj)
        {
            var inner = new Step(path, FieldElement.Field(name));
            var field = node.Find(name);
            if (node.Type == SchemaType.Map)
            {
                Value(node.Item!, null, value, inner, faults);
            }
            else if (field is null)
            {
                faults.Add(inner, "field not declared in schema");
            }
            else
            {
                Value(field.Node, field, value, inner, faults);
            }
        }
    }

    private static void Value(SchemaNode node, SchemaField? field, JsonNode? value, Step? path, Faults faults)
    {
        switch (node.Type, value)
        {
            case (SchemaType.Object or SchemaType.Map, JsonObject inner):
                Object(node, inner, path, faults);
                break;
            case (SchemaType.List, JsonArray list):
                Items(node, field, list, path, faults);
                break;
        }
    }

    private static void Items(SchemaNode node, SchemaField? field, JsonArray list, Step? path, Faults faults)
    {
        var isAtomic = FieldShapes.Of(node, field) == FieldShape.Leaf;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < list.Count; at++)
        {
            if (isAtomic)
            {
                Value(node.Item!, null, list[at], new Step(path, FieldElement.Index(at)), faults);
                continue;
            }

            var element = FieldElement.Item(field!, list[at]);
            if (!seen.Add(element))
            {
                faults.Add(path, $"duplicate entries for key {FieldElement.Text(element)}");
            }

            Value(node.Item!, null, list[at], new Step(path, element), faults);
        }
    }

    /// <summary>Where in the object; written out only for a fault, as a name may be as long as a body.</summary>
    private sealed record Step(Step? Above, string Element)
    {
        public override string ToString() => Above + FieldElement.Text(Element);
    }

    private sealed class Faults
    {
        /// <summary>Characters of all together, after which no more are told.</summary>
        private const int CharsMax = 64 * 1024;

        private int _chars;

        public List<string> Texts { get; } = [];

        public void Add(Step? at, string what)
        {
            if (_chars > CharsMax)
            {
                return;
            }

            var text = $"{at}: {what}";
            Texts.Add(text);
            _chars += text.Length;
        }
    }
}
