using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>
/// The OpenAPI v3 document of one group-version: the paths that kubectl looks for (a PATCH with fieldValidation per
/// kind) and the schemas that explain, client-side merge and validation read.
/// </summary>
internal sealed class OpenApiDocument(SchemaCatalog catalog, GroupVersion served)
{
    public const string SchemaPrefix = "#/components/schemas/";

    private readonly List<ResourceSchema> _kinds =
        [.. catalog.Resources.Where(kind => kind.Group == served.Group && kind.Version == served.Version)];

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("openapi", "3.0.0");
            writer.WriteStartObject("info");
            writer.WriteString("title", "Edge");
            writer.WriteString("version", served.Version);
            writer.WriteEndObject();
            writer.WriteStartObject("paths");
            _kinds.ForEach(kind => Paths(writer, kind));
            writer.WriteEndObject();
            writer.WriteStartObject("components");
            writer.WriteStartObject("schemas");
            Schemas(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Paths(Utf8JsonWriter writer, ResourceSchema kind)
    {
        var root = kind.Group.Length == 0 ? $"/api/{kind.ApiVersion}" : $"/apis/{kind.ApiVersion}";
        var collection = kind.Namespaced ? $"{root}/namespaces/{{namespace}}/{kind.Plural}" : $"{root}/{kind.Plural}";
        writer.WriteStartObject(collection);
        Operation(writer, kind, "get", "list");
        Operation(writer, kind, "post", "create");
        writer.WriteEndObject();
        writer.WriteStartObject(collection + "/{name}");
        Operation(writer, kind, "get", "get");
        Operation(writer, kind, "put", "update");
        Operation(writer, kind, "patch", "patch");
        Operation(writer, kind, "delete", "delete");
        writer.WriteEndObject();
    }

    private static void Operation(Utf8JsonWriter writer, ResourceSchema kind, string method, string verb)
    {
        if (!kind.Verbs.Contains(verb))
        {
            return;
        }

        writer.WriteStartObject(method);
        if (method is "post" or "put" or "patch")
        {
            writer.WriteStartArray("parameters");
            foreach (var name in (string[])["dryRun", "fieldManager", "fieldValidation"])
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteString("in", "query");
                writer.WriteStartObject("schema");
                writer.WriteString("type", "string");
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteStartObject("responses");
        writer.WriteStartObject("200");
        writer.WriteString("description", "OK");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteString("x-kubernetes-action", verb);
        writer.WritePropertyName("x-kubernetes-group-version-kind");
        Kind(writer, kind.Group, kind.Version, kind.Kind);
        writer.WriteEndObject();
    }

    private static void Kind(Utf8JsonWriter writer, string group, string version, string kind)
    {
        writer.WriteStartObject();
        writer.WriteString("group", group);
        writer.WriteString("kind", kind);
        writer.WriteString("version", version);
        writer.WriteEndObject();
    }

    private void Schemas(Utf8JsonWriter writer)
    {
        var bodies = _kinds.Select(kind => kind.Tree).Append(catalog.DeleteOptions.Tree)
            .Append(catalog.FindKind(SchemaCatalog.MetaGroup, "v1", "Status")!.Tree);
        var byName = _kinds.ToDictionary(kind => kind.Tree.Name);
        foreach (var node in Reachable(bodies))
        {
            writer.WriteStartObject(node.Name);
            SchemaWriter.Object(writer, node);
            if (byName.TryGetValue(node.Name, out var kind))
            {
                Extension(writer, kind, kind.Kind);
            }

            writer.WriteEndObject();
        }

        foreach (var kind in _kinds)
        {
            writer.WriteStartObject($"{kind.Package}.{kind.ListKind}");
            SchemaWriter.List(writer, kind);
            Extension(writer, kind, kind.ListKind);
            writer.WriteEndObject();
        }

        SchemaWriter.WellKnown(writer);
    }

    private static void Extension(Utf8JsonWriter writer, ResourceSchema kind, string name)
    {
        writer.WriteStartArray("x-kubernetes-group-version-kind");
        Kind(writer, kind.Group, kind.Version, name);
        writer.WriteEndArray();
    }

    private static IEnumerable<SchemaNode> Reachable(IEnumerable<SchemaNode> roots)
    {
        var seen = new HashSet<string>();
        var open = new Queue<SchemaNode>(roots);
        while (open.TryDequeue(out var node))
        {
            if (node.Item is not null)
            {
                open.Enqueue(node.Item);
            }

            if (node.Type != SchemaType.Object || !seen.Add(node.Name))
            {
                continue;
            }

            foreach (var field in node.Fields)
            {
                open.Enqueue(field.Node);
            }

            yield return node;
        }
    }
}
