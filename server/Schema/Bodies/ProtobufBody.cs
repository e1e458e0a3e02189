using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Bodies;

/// <summary>
/// Kubernetes' protobuf bodies to trees: the envelope <c>k8s\0</c> + runtime.Unknown, and the message of the kind
/// read by the numbers of its schema. Zeroes that Go writes for absent values are dropped.
/// </summary>
internal static class ProtobufBody
{
    private static readonly byte[] _magic = "k8s\0"u8.ToArray();

    /// <exception cref="FormatException">The bytes are not such a body.</exception>
    public static JsonObject ToJson(ResourceSchema schema, ReadOnlySpan<byte> body)
    {
        var (apiVersion, kind, raw) = Envelope(body);
        var result = Message(schema.Tree, raw, 0);
        if (kind.Length > 0)
        {
            result["kind"] = kind;
            result["apiVersion"] = apiVersion;
        }

        return result;
    }

    private static (string ApiVersion, string Kind, ReadOnlyMemory<byte> Raw) Envelope(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(_magic))
        {
            throw new FormatException("provided data does not appear to be a protobuf message, expected prefix k8s");
        }

        var (apiVersion, kind, raw) = ("", "", ReadOnlyMemory<byte>.Empty);
        var unknown = new ProtobufReader(body[_magic.Length..]);
        while (unknown.Read())
        {
            if (unknown.Number == 1)
            {
                var type = new ProtobufReader(unknown.Bytes);
                while (type.Read())
                {
                    (apiVersion, kind) = type.Number == 1
                        ? (Encoding.UTF8.GetString(type.Bytes), kind)
                        : (apiVersion, Encoding.UTF8.GetString(type.Bytes));
                }
            }
            else if (unknown.Number == 2)
            {
                raw = unknown.Bytes.ToArray();
            }
        }

        return (apiVersion, kind, raw);
    }

    private static JsonObject Message(SchemaNode node, ReadOnlyMemory<byte> bytes, int depth)
    {
        var result = new JsonObject();
        Fill(result, node, bytes.Span, depth);
        return result;
    }

    private static void Fill(JsonObject into, SchemaNode node, ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > JsonTreeReader.MaxDepth)
        {
            throw new FormatException("the message is nested too deep");
        }

        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            var number = reader.Number;
            if (node.Inlines.FirstOrDefault(part => part.Number == number) is { } inline)
            {
                Fill(into, inline.Node, reader.Bytes, depth + 1);
            }
            else if (node.Fields.FirstOrDefault(field => field.Number == number && !field.Inlined) is { } field)
            {
                Add(into, field, ref reader, depth);
            }
        }
    }

    private static void Add(JsonObject into, SchemaField field, ref ProtobufReader reader, int depth)
    {
        var node = field.Node;
        if (node.Type == SchemaType.List)
        {
            if (into[field.Name] is not JsonArray list)
            {
                into[field.Name] = list = [];
            }

            list.Add(Value(node.Item!, ref reader, depth));
            return;
        }

        if (node.Type == SchemaType.Map)
        {
            var (key, value) = Entry(node.Item!, reader.Bytes, depth);
            into.Ensure(field.Name)[key] = value;
            return;
        }

        var read = Value(node, ref reader, depth);
        if (read is not null && (field.Pointer || field.KeepZero || node.Type == SchemaType.Raw || !IsZero(read)))
        {
            into[field.Name] = read;
        }
    }

    private static (string Key, JsonNode? Value) Entry(SchemaNode item, ReadOnlySpan<byte> bytes, int depth)
    {
        var key = "";
        JsonNode? value = item.Type is SchemaType.String or SchemaType.Bytes ? JsonValue.Create("") : null;
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            if (reader.Number == 1)
            {
                key = Encoding.UTF8.GetString(reader.Bytes);
            }
            else
            {
                value = Value(item, ref reader, depth);
            }
        }

        return (key, value);
    }

    private static bool IsZero(JsonNode value) => value switch
    {
        JsonObject map => map.Count == 0,
        JsonArray => false,
        _ => value.ToJsonString() is "\"\"" or "0" or "false",
    };

    private static JsonNode? Value(SchemaNode node, ref ProtobufReader reader, int depth)
    {
        switch (node.Type)
        {
            case SchemaType.Object:
                var message = new JsonObject();
                Fill(message, node, reader.Bytes, depth + 1);
                return message;
            case SchemaType.List:
                return Wrapped(node.Item!, reader.Bytes, depth);
            case SchemaType.Bool:
                return JsonValue.Create(reader.Varint != 0);
            case SchemaType.Int32 or SchemaType.Int64:
                return JsonValue.Create((long)reader.Varint);
            case SchemaType.Number:
                var number = BitConverter.UInt64BitsToDouble(reader.Varint);
                return double.IsFinite(number)
                    ? JsonValue.Create(number) : throw new FormatException("a number is not finite");
            case SchemaType.Bytes:
                return JsonValue.Create(Convert.ToBase64String(reader.Bytes));
            case SchemaType.Time or SchemaType.MicroTime:
                return TimeText(node.Type, reader.Bytes);
            case SchemaType.Quantity or SchemaType.IntOrString:
                return Small(node.Type, reader.Bytes);
            case SchemaType.Raw:
                return RawValue(reader.Bytes);
            default:
                return JsonValue.Create(Encoding.UTF8.GetString(reader.Bytes));
        }
    }

    private static JsonArray Wrapped(SchemaNode item, ReadOnlySpan<byte> bytes, int depth)
    {
        var list = new JsonArray();
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            list.Add(Value(item, ref reader, depth + 1));
        }

        return list;
    }

    /// <summary>An empty message stands for no time at all.</summary>
    private static JsonValue? TimeText(SchemaType type, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return null;
        }

        var (seconds, nanos) = (0L, 0L);
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            (seconds, nanos) = reader.Number == 1 ? ((long)reader.Varint, nanos) : (seconds, (long)reader.Varint);
        }

        var micro = type == SchemaType.MicroTime;
        if (seconds is < -62135596800 or > 253402300799 || nanos is < 0 or > 999_999_999)
        {
            throw new FormatException("a time is outside the years 1 to 9999");
        }

        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(micro ? nanos / 100 : 0);
        return JsonValue.Create(time.ToString(
            micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>Quantity {1: text} and IntOrString {1: is text, 2: number, 3: text}.</summary>
    private static JsonValue Small(SchemaType type, ReadOnlySpan<byte> bytes)
    {
        var (isText, number, text) = (type == SchemaType.Quantity, 0L, "");
        var reader = new ProtobufReader(bytes);
        while (reader.Read())
        {
            if (type == SchemaType.Quantity || reader.Number == 3)
            {
                text = Encoding.UTF8.GetString(reader.Bytes);
            }
            else if (reader.Number == 1)
            {
                isText = reader.Varint == 1;
            }
            else
            {
                number = (int)(long)reader.Varint;
            }
        }

        return isText ? JsonValue.Create(text.Length == 0 && type == SchemaType.Quantity ? "0" : text)!
            : JsonValue.Create(number);
    }

    private static JsonNode? RawValue(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtobufReader(bytes);
        return reader.Read() && !reader.Bytes.IsEmpty ? JsonTreeReader.Read(reader.Bytes).Tree : null;
    }
}
