using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Store;

/// <summary>
/// The stored form of an object: compact JSON that begins with apiVersion, kind and metadata and has no
/// resourceVersion. That order lets <see cref="WithRevision"/> write the revision in without reading the object.
/// </summary>
internal static class ObjectBytes
{
    /// <summary>
    /// What one object may have, whoever writes it: what is larger could not be changed by anybody any more. As etcd's
    /// default in Kubernetes.
    /// </summary>
    public const int BytesMax = 1536 * 1024;

    private const string ResourceVersion = "resourceVersion";
    private const string ManagedFields = "managedFields";

    /// <summary>Of the largest revision.</summary>
    private const int DigitsMax = 19;

    /// <summary>What each thread keeps to write the next object into; larger objects are rare.</summary>
    private const int BufferMax = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_buffer;

    private static readonly string[] s_first = ["apiVersion", "kind", "metadata"];

    /// <summary>Go's clients take UTF-8 as it is; escaping would only make objects longer.</summary>
    private static readonly JsonWriterOptions s_writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Twice what a body may have: room for what is written around it.</summary>
    private static readonly JsonDocumentOptions s_reading = new() { MaxDepth = 256 };

    private static ReadOnlySpan<byte> MetadataStart => "\"metadata\":{"u8;

    private static ReadOnlySpan<byte> RevisionStart => "\"resourceVersion\":\""u8;

    /// <summary>The stored form of a tree; the tree is left as it is.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="managedFields">JSON that becomes metadata.managedFields; empty for what the tree has.</param>
    public static byte[] Write(JsonObject obj, ReadOnlySpan<byte> managedFields = default)
    {
        var buffer = t_buffer ?? new ArrayBufferWriter<byte>(BufferMax / 4);
        t_buffer = null;
        using (var writer = new Utf8JsonWriter(buffer, s_writing))
        {
            writer.WriteStartObject();
            foreach (var name in s_first)
            {
                if (obj.TryGetPropertyValue(name, out var value))
                {
                    writer.WritePropertyName(name);
                    WriteWithoutRevision(
                        writer, value, isMetadata: name == "metadata", name == "metadata" ? managedFields : default);
                }
            }

            foreach (var (name, value) in obj)
            {
                if (!s_first.Contains(name))
                {
                    writer.WritePropertyName(name);
                    WriteWithoutRevision(writer, value, isMetadata: false);
                }
            }

            writer.WriteEndObject();
        }

        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity <= BufferMax)
        {
            buffer.ResetWrittenCount();
            t_buffer = buffer;
        }

        return bytes;
    }

    /// <summary>The object as clients see it: its revision written into its metadata.</summary>
    public static byte[] WithRevision(StoredObject stored)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        var revision = Digits(stored.Revision, digits);
        var bytes = new byte[LengthWith(stored, revision)];
        Fill(stored, revision, bytes);
        return bytes;
    }

    /// <summary>Bytes that <see cref="WriteWithRevision"/> writes.</summary>
    public static int LengthWithRevision(StoredObject stored)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        return LengthWith(stored, Digits(stored.Revision, digits));
    }

    public static void WriteWithRevision(IBufferWriter<byte> output, StoredObject stored)
    {
        Span<byte> digits = stackalloc byte[DigitsMax];
        var revision = Digits(stored.Revision, digits);
        var length = LengthWith(stored, revision);
        Fill(stored, revision, output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>A fresh tree with metadata.resourceVersion filled.</summary>
    public static JsonObject Read(StoredObject stored) => Tree(WithRevision(stored)) as JsonObject
        ?? throw new InvalidDataException($"object \"{stored.Key}\" is no JSON object");

    /// <summary>
    /// Stored bytes as a tree, whatever a body may hold: the framework's own limit of depth is smaller than the API's.
    /// </summary>
    public static JsonNode? Tree(ReadOnlySpan<byte> json) => JsonNode.Parse(json, documentOptions: s_reading);

    private static ReadOnlySpan<byte> Digits(long revision, Span<byte> digits)
    {
        revision.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        return digits[..written];
    }

    /// <summary>Where the first field of the metadata stands, or its end.</summary>
    private static int MetadataAt(StoredObject stored)
    {
        var found = stored.Value.Span.IndexOf(MetadataStart);
        return found >= 0
            ? found + MetadataStart.Length
            : throw new InvalidDataException($"object \"{stored.Key}\" has no metadata");
    }

    private static int LengthWith(StoredObject stored, ReadOnlySpan<byte> revision) => stored.Value.Length
        + RevisionStart.Length + revision.Length + RevisionEnd(stored.Value.Span[MetadataAt(stored)]).Length;

    private static void Fill(StoredObject stored, ReadOnlySpan<byte> revision, Span<byte> output)
    {
        var value = stored.Value.Span;
        var at = MetadataAt(stored);
        value[..at].CopyTo(output);
        output = output[at..];
        RevisionStart.CopyTo(output);
        output = output[RevisionStart.Length..];
        revision.CopyTo(output);
        output = output[revision.Length..];
        var end = RevisionEnd(value[at]);
        end.CopyTo(output);
        value[at..].CopyTo(output[end.Length..]);
    }

    private static ReadOnlySpan<byte> RevisionEnd(byte next) => next == (byte)'}' ? "\""u8 : "\","u8;

    private static void WriteWithoutRevision(
        Utf8JsonWriter writer, JsonNode? value, bool isMetadata, ReadOnlySpan<byte> managedFields = default)
    {
        if (value is null)
        {
            writer.WriteNullValue();
            return;
        }

        if (!isMetadata || value is not JsonObject metadata)
        {
            value.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        foreach (var (name, field) in metadata)
        {
            if (name != ResourceVersion && (managedFields.IsEmpty || name != ManagedFields))
            {
                writer.WritePropertyName(name);
                WriteWithoutRevision(writer, field, isMetadata: false);
            }
        }

        if (!managedFields.IsEmpty)
        {
            writer.WritePropertyName(ManagedFields);
            writer.WriteRawValue(managedFields, skipInputValidation: true);
        }

        writer.WriteEndObject();
    }
}
