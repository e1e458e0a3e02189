using System.Text.Encodings.Web;
using System.Text.Json;

namespace Edge.Server.Schema.Documents;

/// <summary>What both documents write alike.</summary>
internal static class DocumentJson
{
    public static JsonWriterOptions Options { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Info(Utf8JsonWriter writer, string version)
    {
        writer.WriteStartObject("info");
        writer.WriteString("title", "Edge");
        writer.WriteString("version", version);
        writer.WriteEndObject();
    }

    public static void Security(Utf8JsonWriter writer, string member)
    {
        writer.WriteStartObject(member);
        writer.WriteStartObject("BearerToken");
        writer.WriteString("description", "Bearer token.");
        writer.WriteString("type", "apiKey");
        writer.WriteString("name", "authorization");
        writer.WriteString("in", "header");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    /// <summary>What stands first in an operation.</summary>
    public static void Head(Utf8JsonWriter writer, GroupVersion served, ApiOperation operation)
    {
        var group = ApiPaths.GroupWord(served.Group);
        Strings(writer, "tags", [$"{char.ToLowerInvariant(group[0])}{group[1..]}_{served.Version}"]);
        writer.WriteString("operationId", operation.Id);
    }

    /// <summary>What stands last in an operation.</summary>
    public static void Tail(Utf8JsonWriter writer, ApiOperation operation)
    {
        writer.WriteString("x-kubernetes-action", operation.Action);
        writer.WritePropertyName("x-kubernetes-group-version-kind");
        Kind(writer, operation.Kind.Group, operation.Kind.Version, operation.Kind.Kind);
    }

    public static void Kind(Utf8JsonWriter writer, string group, string version, string kind)
    {
        writer.WriteStartObject();
        writer.WriteString("group", group);
        writer.WriteString("kind", kind);
        writer.WriteString("version", version);
        writer.WriteEndObject();
    }

    /// <summary>The parameters that stand in a path.</summary>
    public static void Names(Utf8JsonWriter writer, ApiPath path, bool isV2)
    {
        writer.WriteStartArray("parameters");
        foreach (var name in path.Names)
        {
            Parameter(writer, new ApiParameter(name, "string", $"The {name} of the object."), "path", isV2);
        }

        writer.WriteEndArray();
    }

    public static void Parameter(Utf8JsonWriter writer, ApiParameter parameter, string place, bool isV2)
    {
        writer.WriteStartObject();
        writer.WriteString("name", parameter.Name);
        writer.WriteString("in", place);
        writer.WriteString("description", parameter.Description);
        if (place == "path")
        {
            writer.WriteBoolean("required", true);
        }

        if (!isV2)
        {
            writer.WriteStartObject("schema");
        }

        writer.WriteString("type", parameter.Type);
        writer.WriteBoolean("uniqueItems", true);
        if (!isV2)
        {
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    public static string Word(int code) => code switch
    {
        201 => "Created",
        202 => "Accepted",
        _ => "OK",
    };

    public static void Strings(Utf8JsonWriter writer, string name, IEnumerable<string> values)
    {
        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }
}
