using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>
/// The v2 document in the form in which Go clients ask for it: the messages of openapi.v2 (google/gnostic), made from
/// the JSON. What our document never says has no line here.
/// </summary>
internal static class OpenApiV2Protobuf
{
    private const string Extension = "x-";

    private static readonly (string Method, int Number)[] s_methods =
        [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)];

    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        using var parsed = JsonDocument.Parse(json);
        var document = parsed.RootElement;
        var writer = new ProtobufWriter();
        writer.Text(1, Text(document, "swagger"));
        writer.Message(2, info =>
        {
            info.Text(1, Text(document.GetProperty("info"), "title"));
            info.Text(2, Text(document.GetProperty("info"), "version"));
        });
        writer.Message(8, paths =>
        {
            foreach (var path in document.GetProperty("paths").EnumerateObject())
            {
                Named(paths, 2, path, Path);
            }
        });
        writer.Message(9, definitions =>
        {
            foreach (var definition in document.GetProperty("definitions").EnumerateObject())
            {
                Named(definitions, 1, definition, Schema);
            }
        });
        writer.Message(13, security =>
        {
            foreach (var scheme in document.GetProperty("securityDefinitions").EnumerateObject())
            {
                Named(security, 1, scheme, (item, value) => item.Message(2, key =>
                {
                    key.Text(1, Text(value, "type"));
                    key.Text(2, Text(value, "name"));
                    key.Text(3, Text(value, "in"));
                    key.Text(4, Text(value, "description"));
                }));
            }
        });
        return writer.Written;
    }

    private static void Path(ProtobufWriter writer, JsonElement path)
    {
        foreach (var (method, number) in s_methods)
        {
            if (path.TryGetProperty(method, out var operation))
            {
                writer.Message(number, item => Operation(item, operation));
            }
        }

        Parameters(writer, 9, path);
    }

    private static void Operation(ProtobufWriter writer, JsonElement operation)
    {
        Texts(writer, 1, operation, "tags");
        writer.Text(5, Text(operation, "operationId"));
        Texts(writer, 6, operation, "produces");
        Texts(writer, 7, operation, "consumes");
        Parameters(writer, 8, operation);
        writer.Message(9, responses =>
        {
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
            {
                Named(responses, 1, response, (value, element) => value.Message(1, found => Response(found, element)));
            }
        });
        Extensions(writer, 13, operation);
    }

    private static void Response(ProtobufWriter writer, JsonElement response)
    {
        writer.Text(1, Text(response, "description"));
        if (response.TryGetProperty("schema", out var schema))
        {
            writer.Message(2, item => item.Message(1, inner => Schema(inner, schema)));
        }
    }

    private static void Parameters(ProtobufWriter writer, int number, JsonElement holder)
    {
        if (!holder.TryGetProperty("parameters", out var parameters))
        {
            return;
        }

        foreach (var parameter in parameters.EnumerateArray())
        {
            writer.Message(number, item => item.Message(1, value => Parameter(value, parameter)));
        }
    }

    private static void Parameter(ProtobufWriter writer, JsonElement parameter)
    {
        if (Text(parameter, "in") == "body")
        {
            writer.Message(1, body =>
            {
                body.Text(2, Text(parameter, "name"));
                body.Text(3, "body");
                body.Flag(4, Flag(parameter, "required"));
                body.Message(5, schema => Schema(schema, parameter.GetProperty("schema")));
            });
            return;
        }

        var isPath = Text(parameter, "in") == "path";
        writer.Message(2, plain => plain.Message(isPath ? 4 : 3, one =>
        {
            one.Flag(1, Flag(parameter, "required"));
            one.Text(2, Text(parameter, "in"));
            one.Text(3, Text(parameter, "description"));
            one.Text(4, Text(parameter, "name"));
            // The numbers of the two kinds part where only a query may be empty.
            one.Text(isPath ? 5 : 6, Text(parameter, "type"));
            one.Flag(isPath ? 19 : 20, Flag(parameter, "uniqueItems"));
        }));
    }

    private static void Schema(ProtobufWriter writer, JsonElement schema)
    {
        writer.Text(1, Text(schema, "$ref"));
        writer.Text(2, Text(schema, "format"));
        writer.Text(4, Text(schema, "description"));
        if (schema.TryGetProperty("default", out var value))
        {
            writer.Message(5, any => any.Text(2, value.GetRawText()));
        }

        Texts(writer, 19, schema, "required");
        foreach (var word in Items(schema, "enum"))
        {
            writer.Message(20, any => any.Text(2, word.GetRawText()));
        }

        if (schema.TryGetProperty("additionalProperties", out var values))
        {
            writer.Message(21, item => item.Message(1, inner => Schema(inner, values)));
        }

        if (Text(schema, "type") is { } type)
        {
            writer.Message(22, item => item.Text(1, type));
        }

        if (schema.TryGetProperty("items", out var items))
        {
            writer.Message(23, item => item.Message(1, inner => Schema(inner, items)));
        }

        if (schema.TryGetProperty("properties", out var properties))
        {
            writer.Message(25, item =>
            {
                foreach (var property in properties.EnumerateObject())
                {
                    Named(item, 1, property, Schema);
                }
            });
        }

        Extensions(writer, 31, schema);
    }

    private static void Extensions(ProtobufWriter writer, int number, JsonElement holder)
    {
        foreach (var property in holder.EnumerateObject())
        {
            if (property.Name.StartsWith(Extension, StringComparison.Ordinal))
            {
                // JSON is YAML.
                Named(writer, number, property, (any, value) => any.Text(2, value.GetRawText()));
            }
        }
    }

    private static void Named(
        ProtobufWriter writer, int number, JsonProperty property, Action<ProtobufWriter, JsonElement> fill) =>
        writer.Message(number, named =>
        {
            named.Text(1, property.Name);
            named.Message(2, value => fill(value, property.Value));
        });

    private static void Texts(ProtobufWriter writer, int number, JsonElement holder, string name)
    {
        foreach (var item in Items(holder, name))
        {
            writer.Text(number, item.GetString());
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var list) ? list.EnumerateArray() : default;

    private static string? Text(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool Flag(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;
}
