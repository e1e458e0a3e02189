using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// The annotation in which kubectl keeps what it applied itself, for whoever moves on to server-side apply: its fields
/// are no conflict, and it follows what is applied since.
/// </summary>
internal static class LastApplied
{
    private const string Annotation = "kubectl.kubernetes.io/last-applied-configuration";

    /// <summary>Only under this name is the annotation kept up.</summary>
    private const string Kubectl = "kubectl";

    /// <summary>As Kubernetes: bytes of all annotations of an object.</summary>
    private const int AnnotationBytesMax = 256 * 1024;

    private static readonly JsonWriterOptions s_writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>
    /// Fields that the annotation names and that still have its values; null when there is no such thing.
    /// </summary>
    public static FieldSet? Allowed(ResourceSchema schema, JsonObject live, string name)
    {
        if (name != Kubectl || Read(schema, Annotations(live).Text(Annotation)) is not { } before)
        {
            return null;
        }

        var since = FieldComparison.Of(schema.Tree, before, live);
        return FieldsOf.Object(schema.Tree, before).Difference(since.Changed).Difference(since.Removed);
    }

    /// <summary>In place; only where the annotation is there already.</summary>
    public static void Renew(JsonObject next, JsonObject applied, string name)
    {
        if (name != Kubectl || Annotations(next) is not { } annotations || annotations.Text(Annotation).Length == 0)
        {
            return;
        }

        annotations[Annotation] = Text(applied);
        if (annotations.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key)
            + Encoding.UTF8.GetByteCount(JsonTree.AsText(pair.Value) ?? "")) > AnnotationBytesMax)
        {
            annotations.Remove(Annotation);
        }
    }

    private static JsonObject? Annotations(JsonObject obj) => obj.Object("metadata").Object("annotations");

    private static JsonObject? Read(ResourceSchema schema, string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonTreeReader.Read(Encoding.UTF8.GetBytes(text)).Tree is JsonObject obj
                && obj.Text("apiVersion") == schema.ApiVersion
                && ObjectDecoder.FromTree(schema, obj, FieldValidation.Strict) is DecodeResult.Decoded decoded
                    ? decoded.Object : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>As Go writes it: keys sorted, the signs of HTML escaped, a line break at the end.</summary>
    private static string Text(JsonObject applied)
    {
        var config = applied.Copy();
        Annotations(config)?.Remove(Annotation);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, s_writing))
        {
            Write(writer, config);
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length))
            .Replace("<", "\\u003c", StringComparison.Ordinal).Replace(">", "\\u003e", StringComparison.Ordinal)
            .Replace("&", "\\u0026", StringComparison.Ordinal) + "\n";
    }

    private static void Write(Utf8JsonWriter writer, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map:
                writer.WriteStartObject();
                foreach (var (name, inner) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(name);
                    Write(writer, inner);
                }

                writer.WriteEndObject();
                break;
            case JsonArray list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
