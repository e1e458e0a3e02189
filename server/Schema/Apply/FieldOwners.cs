using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Apply;

/// <summary>All owners of an object's fields, as <c>metadata.managedFields</c> holds them.</summary>
internal sealed class FieldOwners
{
    private const string AncientChanges = "ancient-changes";

    /// <summary>As upstream: more entries of updates are folded into one, the oldest first.</summary>
    public const int UpdatesMax = 10;

    /// <summary>More entries than anybody who writes them by hand has a reason for.</summary>
    private const int SentMax = 1000;

    private static readonly JsonWriterOptions s_writing =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly List<FieldOwner> _all;

    public FieldOwners(IEnumerable<FieldOwner> all) => _all = [.. all];

    public static FieldOwners None { get; } = new([]);

    public IReadOnlyList<FieldOwner> All => _all;

    public bool IsEmpty => _all.Count == 0;

    /// <summary>Null when an entry cannot be used; then nothing is known about the object's fields.</summary>
    /// <param name="managedFields">As stored or sent; absent is nobody.</param>
    /// <param name="trusted">True for what this server wrote.</param>
    public static FieldOwners? Read(JsonNode? managedFields, bool trusted)
    {
        if (!trusted && managedFields is JsonArray { Count: > SentMax })
        {
            return null;
        }

        var owners = new List<FieldOwner>();
        foreach (var entry in managedFields as JsonArray ?? [])
        {
            if (FieldOwner.Read(entry, trusted) is not { } owner)
            {
                return null;
            }

            owners.Add(owner);
        }

        return new FieldOwners(owners);
    }

    public FieldOwner? Find(FieldOwner owner)
    {
        foreach (var known in _all)
        {
            if (known.IsSameOwner(owner))
            {
                return known;
            }
        }

        return null;
    }

    /// <summary>
    /// The same with this entry in the place of its owner's former one; without it when it owns nothing.
    /// </summary>
    public FieldOwners With(FieldOwner owner)
    {
        var others = _all.Where(known => !known.IsSameOwner(owner));
        return new FieldOwners(owner.Fields.IsEmpty ? others : others.Append(owner));
    }

    /// <summary>At most <see cref="UpdatesMax"/> entries of updates; older ones become one of each version.</summary>
    public FieldOwners Capped()
    {
        var excess = _all.Count(owner => !owner.Applied) - UpdatesMax;
        if (excess <= 0)
        {
            return this;
        }

        var folded = new HashSet<FieldOwner>(ReferenceEqualityComparer.Instance);
        var buckets = new Dictionary<string, List<FieldOwner>>(StringComparer.Ordinal);
        foreach (var owner in _all.Where(owner => !owner.Applied)
            .OrderBy(owner => owner.Time ?? "", StringComparer.Ordinal)
            .ThenBy(owner => owner.Name, StringComparer.Ordinal))
        {
            if (excess == 0)
            {
                break;
            }

            if (!buckets.TryGetValue(owner.ApiVersion, out var bucket))
            {
                // The first of a version stays what it is until it has company.
                buckets[owner.ApiVersion] = [owner];
                continue;
            }

            bucket.Add(owner);
            folded.Add(bucket[0]);
            folded.Add(owner);
            excess--;
        }

        return new FieldOwners(_all.Where(owner => !folded.Contains(owner))
            .Concat(buckets.Values.Where(bucket => bucket.Count > 1).Select(Folded)));
    }

    private static FieldOwner Folded(List<FieldOwner> owners) => new(
        AncientChanges, Applied: false, owners[0].ApiVersion, "", owners[^1].Time,
        FieldSet.Union([.. owners.Select(owner => owner.Fields)]));

    /// <summary>Whether the same own the same, whenever they said so.</summary>
    public bool IsSame(FieldOwners other)
    {
        if (_all.Count != other._all.Count)
        {
            return false;
        }

        for (var at = 0; at < _all.Count; at++)
        {
            var owner = _all[at];
            var twin = other._all[at].IsSameOwner(owner) ? other._all[at] : other.Find(owner);
            if (twin?.ApiVersion != owner.ApiVersion || !twin.Fields.IsSame(owner.Fields))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The value of managedFields; empty where nobody owns anything.</summary>
    public ReadOnlyMemory<byte> Write()
    {
        if (_all.Count == 0)
        {
            return default;
        }

        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, s_writing))
        {
            writer.WriteStartArray();
            foreach (var owner in Sorted())
            {
                WriteHead(writer, owner.Name, owner.Operation, owner.ApiVersion, owner.Time);
                FieldSetJson.Write(writer, owner.Fields);
                WriteTail(writer, owner.Subresource);
            }

            writer.WriteEndArray();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>
    /// The one entry of an object that was just made, in one pass over it; empty when it holds nothing.
    /// </summary>
    /// <param name="schema">The version that the client speaks.</param>
    /// <param name="obj">With its defaults; <c>.status</c> is left out where it is another endpoint's.</param>
    /// <param name="name">Who made it.</param>
    /// <param name="time">When, RFC 3339.</param>
    public static ReadOnlyMemory<byte> WriteNew(ResourceSchema schema, JsonObject obj, string name, string time)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, s_writing);
        writer.WriteStartArray();
        WriteHead(writer, name, "Update", schema.ApiVersion, time);
        var any = NewFields.Write(writer, schema, obj);
        WriteTail(writer, "");
        writer.WriteEndArray();
        writer.Flush();
        return any ? buffer.WrittenMemory : default;
    }

    private IEnumerable<FieldOwner> Sorted() => _all
        .OrderBy(owner => owner.Operation, StringComparer.Ordinal)
        .ThenBy(owner => owner.Time ?? "", StringComparer.Ordinal)
        .ThenBy(owner => owner.Name, StringComparer.Ordinal)
        .ThenBy(owner => owner.ApiVersion, StringComparer.Ordinal)
        .ThenBy(owner => owner.Subresource, StringComparer.Ordinal);

    private static void WriteHead(
        Utf8JsonWriter writer, string name, string operation, string apiVersion, string? time)
    {
        writer.WriteStartObject();
        writer.WriteString("manager", name);
        writer.WriteString("operation", operation);
        writer.WriteString("apiVersion", apiVersion);
        if (time is not null)
        {
            writer.WriteString("time", time);
        }

        writer.WriteString("fieldsType", "FieldsV1");
        writer.WritePropertyName("fieldsV1");
    }

    private static void WriteTail(Utf8JsonWriter writer, string subresource)
    {
        if (subresource.Length > 0)
        {
            writer.WriteString("subresource", subresource);
        }

        writer.WriteEndObject();
    }
}
