using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>
/// The OpenAPI v3 document of one group-version: the paths that kubectl looks for (a PATCH with fieldValidation per
/// kind) and the schemas that explain, client-side merge and validation read.
/// </summary>
internal sealed class OpenApiV3Document(SchemaCatalog catalog, GroupVersion served)
{
    private readonly List<ResourceSchema> _kinds =
        [.. catalog.Resources.Where(kind => kind.Group == served.Group && kind.Version == served.Version)];

    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, DocumentJson.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("openapi", "3.0.0");
            DocumentJson.Info(writer, served.Version);
            writer.WriteStartObject("paths");
            var paths = new ApiPaths(catalog);
            foreach (var path in _kinds.SelectMany(paths.Of))
            {
                Path(writer, path);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("components");
            writer.WriteStartObject("schemas");
            new DefinitionsWriter(catalog, new SchemaWriter(writer, isV2: false)).Write(_kinds);
            writer.WriteEndObject();
            DocumentJson.Security(writer, "securitySchemes");
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void Path(Utf8JsonWriter writer, ApiPath path)
    {
        writer.WriteStartObject(path.Path);
        foreach (var operation in path.Operations)
        {
            writer.WriteStartObject(operation.Method);
            DocumentJson.Head(writer, served, operation);
            writer.WriteStartArray("parameters");
            foreach (var parameter in operation.Query)
            {
                DocumentJson.Parameter(writer, parameter, "query", isV2: false);
            }

            writer.WriteEndArray();
            Body(writer, operation);
            writer.WriteStartObject("responses");
            foreach (var code in operation.Codes)
            {
                Response(writer, code, operation.Answer);
            }

            writer.WriteEndObject();
            DocumentJson.Tail(writer, operation);
            writer.WriteEndObject();
        }

        DocumentJson.Names(writer, path, isV2: false);
        writer.WriteEndObject();
    }

    private static void Body(Utf8JsonWriter writer, ApiOperation operation)
    {
        if (operation.Body.Length == 0)
        {
            return;
        }

        writer.WriteStartObject("requestBody");
        writer.WriteStartObject("content");
        IReadOnlyList<string> types = operation.Method == "patch" ? ApiOperation.PatchTypes : ["*/*"];
        foreach (var type in types)
        {
            Content(writer, type, operation.Body);
        }

        writer.WriteEndObject();
        if (operation.Method != "delete")
        {
            writer.WriteBoolean("required", true);
        }

        writer.WriteEndObject();
    }

    private static void Response(Utf8JsonWriter writer, int code, string schema)
    {
        writer.WriteStartObject($"{code}");
        writer.WriteString("description", DocumentJson.Word(code));
        if (schema.Length > 0)
        {
            writer.WriteStartObject("content");
            Content(writer, "application/json", schema);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Content(Utf8JsonWriter writer, string type, string schema)
    {
        writer.WriteStartObject(type);
        writer.WriteStartObject("schema");
        writer.WriteString("$ref", SchemaWriter.V3Prefix + schema);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
