using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>Types of the tree as OpenAPI schemas with Kubernetes' extensions, in the words of v2 or of v3.</summary>
internal sealed class SchemaWriter(Utf8JsonWriter writer, bool isV2)
{
    public const string V2Prefix = "#/definitions/";
    public const string V3Prefix = "#/components/schemas/";

    private const string Time = $"{TypeLibrary.MetaPackage}.Time";
    private const string MicroTime = $"{TypeLibrary.MetaPackage}.MicroTime";
    private const string Duration = $"{TypeLibrary.MetaPackage}.Duration";
    private const string Fields = $"{TypeLibrary.MetaPackage}.FieldsV1";
    private const string Raw = "io.k8s.apimachinery.pkg.runtime.RawExtension";
    private const string ListMeta = $"{TypeLibrary.MetaPackage}.ListMeta";
    private const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    private const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

    /// <summary>A type by its name; <c>kind</c> is the resource that it is the type of, if it is one.</summary>
    public void Definition(SchemaNode node, ResourceSchema? kind)
    {
        writer.WriteStartObject(node.Name);
        Description(node.Description);
        writer.WriteString("type", "object");
        if (node.Atomic)
        {
            writer.WriteString("x-kubernetes-map-type", "atomic");
        }

        var required = node.Fields.Where(field => field.Required || field.Listed).Select(field => field.Name).ToList();
        if (required.Count > 0)
        {
            DocumentJson.Strings(writer, "required", required);
        }

        writer.WriteStartObject("properties");
        foreach (var field in node.Fields)
        {
            writer.WriteStartObject(field.Name);
            Field(field);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        if (kind is not null)
        {
            Kinds(kind, kind.Kind);
        }

        writer.WriteEndObject();
    }

    public void ListDefinition(ResourceSchema kind)
    {
        writer.WriteStartObject($"{kind.Package}.{kind.ListKind}");
        Description($"A list of {kind.Kind} objects.");
        writer.WriteString("type", "object");
        DocumentJson.Strings(writer, "required", ["items"]);
        writer.WriteStartObject("properties");
        Plain("apiVersion", "Version of the API this object is written in.");
        Plain("kind", "Kind of the object.");
        writer.WriteStartObject("metadata");
        Description("Data that every list has.");
        Reference(ListMeta);
        writer.WriteEndObject();
        writer.WriteStartObject("items");
        Description("The objects.");
        Nested("array", "items", kind.Tree);
        writer.WriteEndObject();
        writer.WriteEndObject();
        Kinds(kind, kind.ListKind);
        writer.WriteEndObject();

        void Plain(string name, string text)
        {
            writer.WriteStartObject(name);
            Description(text);
            writer.WriteString("type", "string");
            writer.WriteEndObject();
        }
    }

    /// <summary>The schemas of the types that have a name of their own and no description.</summary>
    public void WellKnown()
    {
        Scalar(Time, "A time as RFC 3339 text.", "string", "date-time");
        Scalar(MicroTime, "A time as RFC 3339 text with microseconds.", "string", "date-time");
        Scalar(Duration, "A length of time such as 1h30m.", "string", "");
        Scalar(Fields, "A set of fields, in Kubernetes' FieldsV1 form.", "object", "");
        Scalar(Raw, "Any object.", "object", "");
        Scalar(ApiOperation.PatchSchema, "A patch; its form is that of its content type.", "object", "");
        Either(IntOrString, "A number, or a text that stands for one.", "int-or-string", "integer");
        Either(Quantity, "An amount such as 100m, 1.5Gi or 2e3.", "", "number");
    }

    private void Scalar(string name, string text, string type, string format)
    {
        writer.WriteStartObject(name);
        Description(text);
        writer.WriteString("type", type);
        if (format.Length > 0)
        {
            writer.WriteString("format", format);
        }

        writer.WriteEndObject();
    }

    /// <summary>A text or a number, of which v2 can say only the text.</summary>
    private void Either(string name, string text, string format, string number)
    {
        if (isV2)
        {
            Scalar(name, text, "string", format);
            return;
        }

        writer.WriteStartObject(name);
        Description(text);
        if (format.Length > 0)
        {
            writer.WriteString("format", format);
        }

        writer.WriteStartArray("oneOf");
        foreach (var type in (string[])[number, "string"])
        {
            writer.WriteStartObject();
            writer.WriteString("type", type);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void Kinds(ResourceSchema kind, string name)
    {
        writer.WriteStartArray("x-kubernetes-group-version-kind");
        DocumentJson.Kind(writer, kind.Group, kind.Version, name);
        writer.WriteEndArray();
    }

    private void Field(SchemaField field)
    {
        Description(field.Unsupported ? $"{field.Description} (Edge stores this and does not act on it yet.)"
            .TrimStart() : field.Description);
        if (field.Name == "fieldsV1")
        {
            Reference(Fields);
        }
        else
        {
            Value(field.Node);
        }

        if (field.Default is { } text)
        {
            writer.WritePropertyName("default");
            writer.WriteRawValue(ObjectDefaults.Json(text));
        }

        if (field.Node.Type == SchemaType.List)
        {
            writer.WriteString("x-kubernetes-list-type", field.ListType switch
            {
                ListType.Atomic => "atomic",
                ListType.Map => "map",
                ListType.Set => "set",
            });
        }
        else if (field.Atomic || field.Granular)
        {
            writer.WriteString("x-kubernetes-map-type", field.Atomic ? "atomic" : "granular");
        }

        if (field.ListKeys.Count > 0)
        {
            DocumentJson.Strings(writer, "x-kubernetes-list-map-keys", field.ListKeys);
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
            DocumentJson.Strings(writer, "enum", field.Enum);
        }
    }

    private void Value(SchemaNode node)
    {
        switch (node.Type)
        {
            case SchemaType.Object:
                Reference(node.Name);
                break;
            case SchemaType.List:
                Nested("array", "items", node.Item!);
                break;
            case SchemaType.Map:
                Nested("object", "additionalProperties", node.Item!);
                break;
            case SchemaType.Time:
                Reference(Time);
                break;
            case SchemaType.MicroTime:
                Reference(MicroTime);
                break;
            case SchemaType.Duration:
                Reference(Duration);
                break;
            case SchemaType.Raw:
                Reference(Raw);
                break;
            case SchemaType.Quantity:
                Reference(Quantity);
                break;
            case SchemaType.IntOrString:
                Reference(IntOrString);
                break;
            default:
                Plain(node.Type);
                break;
        }
    }

    private void Plain(SchemaType type)
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

    private void Nested(string type, string member, SchemaNode item)
    {
        writer.WriteString("type", type);
        writer.WriteStartObject(member);
        Value(item);
        writer.WriteEndObject();
    }

    private void Reference(string name)
    {
        if (isV2)
        {
            writer.WriteString("$ref", V2Prefix + name);
            return;
        }

        // A bare $ref may have no siblings, so the description forces allOf.
        writer.WriteStartArray("allOf");
        writer.WriteStartObject();
        writer.WriteString("$ref", V3Prefix + name);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private void Description(string text)
    {
        if (text.Length > 0)
        {
            writer.WriteString("description", text);
        }
    }
}
