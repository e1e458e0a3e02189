using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>One type of the tree as an OpenAPI v3 schema with Kubernetes' extensions.</summary>
internal static class SchemaWriter
{
    private const string Time = $"{TypeLibrary.MetaPackage}.Time";
    private const string MicroTime = $"{TypeLibrary.MetaPackage}.MicroTime";
    private const string Raw = $"{TypeLibrary.MetaPackage}.FieldsV1";
    private const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    private const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

    /// <summary>The members of an object's schema, without its braces.</summary>
    public static void Object(Utf8JsonWriter writer, SchemaNode node)
    {
        Description(writer, node.Description);
        writer.WriteString("type", "object");
        if (node.Atomic)
        {
            writer.WriteString("x-kubernetes-map-type", "atomic");
        }

        var required = node.Fields.Where(field => field.Required || field.Listed).Select(field => field.Name).ToList();
        if (required.Count > 0)
        {
            Strings(writer, "required", required);
        }

        writer.WriteStartObject("properties");
        foreach (var field in node.Fields)
        {
            writer.WriteStartObject(field.Name);
            Field(writer, field);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static void List(Utf8JsonWriter writer, ResourceSchema kind)
    {
        Description(writer, $"A list of {kind.Kind} objects.");
        writer.WriteString("type", "object");
        Strings(writer, "required", ["items"]);
        writer.WriteStartObject("properties");
        foreach (var (name, target) in ((string, string)[])[("metadata", $"{TypeLibrary.MetaPackage}.ListMeta")])
        {
            writer.WriteStartObject(name);
            Reference(writer, target);
            writer.WriteEndObject();
        }

        foreach (var name in (string[])["apiVersion", "kind"])
        {
            writer.WriteStartObject(name);
            writer.WriteString("type", "string");
            writer.WriteEndObject();
        }

        writer.WriteStartObject("items");
        writer.WriteString("type", "array");
        writer.WriteStartObject("items");
        Reference(writer, kind.Tree.Name);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>The schemas of the scalar types that have a name of their own.</summary>
    public static void WellKnown(Utf8JsonWriter writer)
    {
        Scalar(Time, "string", "date-time", "A time as RFC 3339 text.");
        Scalar(MicroTime, "string", "date-time", "A time as RFC 3339 text with microseconds.");
        Scalar(Raw, "object", "", "A set of fields, in Kubernetes' FieldsV1 form.");
        Scalar(IntOrString, "string", "int-or-string", "A number, or a text that stands for one.");
        Scalar(Quantity, "string", "", "An amount such as 100m, 1.5Gi or 2e3.");

        void Scalar(string name, string type, string format, string text)
        {
            writer.WriteStartObject(name);
            writer.WriteString("description", text);
            writer.WriteString("type", type);
            if (format.Length > 0)
            {
                writer.WriteString("format", format);
            }

            writer.WriteEndObject();
        }
    }

    private static void Field(Utf8JsonWriter writer, SchemaField field)
    {
        Description(writer, field.Unsupported ? $"{field.Description} (Edge stores this and does not act on it yet.)"
            .TrimStart() : field.Description);
        Value(writer, field.Node);
        if (field.Node.Type == SchemaType.List)
        {
            writer.WriteString("x-kubernetes-list-type", field.ListType switch
            {
                ListType.Atomic => "atomic",
                ListType.Map => "map",
                ListType.Set => "set",
            });
        }
        else if (field.Atomic)
        {
            writer.WriteString("x-kubernetes-map-type", "atomic");
        }

        if (field.ListKeys.Count > 0)
        {
            Strings(writer, "x-kubernetes-list-map-keys", field.ListKeys);
        }

        if (field.MergeKey.Length > 0)
        {
            writer.WriteString("x-kubernetes-patch-merge-key", field.MergeKey);
        }

        if (field.Replace)
        {
            writer.WriteString("x-kubernetes-patch-strategy", "replace");
        }
        else if (field.Merge || field.RetainKeys)
        {
            writer.WriteString("x-kubernetes-patch-strategy",
                !field.RetainKeys ? "merge" : field.Merge ? "merge,retainKeys" : "retainKeys");
        }

        if (field.Enum.Count > 0)
        {
            Strings(writer, "enum", field.Enum);
        }
    }

    private static void Value(Utf8JsonWriter writer, SchemaNode node)
    {
        switch (node.Type)
        {
            case SchemaType.Object:
                Reference(writer, node.Name);
                break;
            case SchemaType.List:
                Nested(writer, "array", "items", node.Item!);
                break;
            case SchemaType.Map:
                Nested(writer, "object", "additionalProperties", node.Item!);
                break;
            case SchemaType.Time:
                Reference(writer, Time);
                break;
            case SchemaType.MicroTime:
                Reference(writer, MicroTime);
                break;
            case SchemaType.Raw:
                Reference(writer, Raw);
                break;
            case SchemaType.Quantity:
                Reference(writer, Quantity);
                break;
            case SchemaType.IntOrString:
                Reference(writer, IntOrString);
                break;
            default:
                Plain(writer, node.Type);
                break;
        }
    }

    private static void Plain(Utf8JsonWriter writer, SchemaType type)
    {
        var (word, format) = type switch
        {
            SchemaType.Bool => ("boolean", ""),
            SchemaType.Int32 => ("integer", "int32"),
            SchemaType.Int64 => ("integer", "int64"),
            SchemaType.Number => ("number", "double"),
            SchemaType.Bytes => ("string", "byte"),
            _ => ("string", ""),
        };
        writer.WriteString("type", word);
        if (format.Length > 0)
        {
            writer.WriteString("format", format);
        }
    }

    private static void Nested(Utf8JsonWriter writer, string type, string member, SchemaNode item)
    {
        writer.WriteString("type", type);
        writer.WriteStartObject(member);
        Value(writer, item);
        writer.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter writer, string name)
    {
        // A bare $ref may have no siblings, so the description forces allOf.
        writer.WriteStartArray("allOf");
        writer.WriteStartObject();
        writer.WriteString("$ref", OpenApiDocument.SchemaPrefix + name);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void Description(Utf8JsonWriter writer, string text)
    {
        if (text.Length > 0)
        {
            writer.WriteString("description", text);
        }
    }

    private static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
