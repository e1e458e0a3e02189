using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>The OpenAPI v2 document of all that is served, for clients older than v3 and for generators.</summary>
internal sealed class OpenApiV2Document(SchemaCatalog catalog)
{
    public byte[] Write()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, DocumentJson.Options))
        {
            writer.WriteStartObject();
            writer.WriteString("swagger", "2.0");
            DocumentJson.Info(writer, "v1");
            writer.WriteStartObject("paths");
            var paths = new ApiPaths(catalog);
            foreach (var kind in catalog.Resources)
            {
                foreach (var path in paths.Of(kind))
                {
                    Path(writer, new GroupVersion(kind.Group, kind.Version), path);
                }
            }

            writer.WriteEndObject();
            writer.WriteStartObject("definitions");
            new DefinitionsWriter(catalog, new SchemaWriter(writer, isV2: true)).Write(catalog.Resources);
            writer.WriteEndObject();
            DocumentJson.Security(writer, "securityDefinitions");
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void Path(Utf8JsonWriter writer, GroupVersion served, ApiPath path)
    {
        writer.WriteStartObject(path.Path);
        foreach (var operation in path.Operations)
        {
            writer.WriteStartObject(operation.Method);
            DocumentJson.Head(writer, served, operation);
            DocumentJson.Strings(
                writer, "consumes", operation.Method == "patch" ? ApiOperation.PatchTypes : ["*/*"]);
            DocumentJson.Strings(writer, "produces", ["application/json"]);
            writer.WriteStartArray("parameters");
            Body(writer, operation);
            foreach (var parameter in operation.Query)
            {
                DocumentJson.Parameter(writer, parameter, "query", isV2: true);
            }

            writer.WriteEndArray();
            writer.WriteStartObject("responses");
            foreach (var code in operation.Codes)
            {
                writer.WriteStartObject($"{code}");
                writer.WriteString("description", DocumentJson.Word(code));
                Schema(writer, operation.Answer);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            DocumentJson.Tail(writer, operation);
            writer.WriteEndObject();
        }

        DocumentJson.Names(writer, path, isV2: true);
        writer.WriteEndObject();
    }

    private static void Body(Utf8JsonWriter writer, ApiOperation operation)
    {
        if (operation.Body.Length == 0)
        {
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("name", "body");
        writer.WriteString("in", "body");
        if (operation.Method != "delete")
        {
            writer.WriteBoolean("required", true);
        }

        Schema(writer, operation.Body);
        writer.WriteEndObject();
    }

    private static void Schema(Utf8JsonWriter writer, string name)
    {
        if (name.Length > 0)
        {
            writer.WriteStartObject("schema");
            writer.WriteString("$ref", SchemaWriter.V2Prefix + name);
            writer.WriteEndObject();
        }
    }
}
