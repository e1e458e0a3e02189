using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Tests.Server.Fuzz;

/// <summary>Trees to Kubernetes' protobuf bodies by the numbers of the schema, as Go clients send them.</summary>
internal static class ProtobufWriter
{
    public static byte[] Body(ResourceSchema schema, JsonObject tree)
    {
        byte[] type =
        [
            .. Field(1, Encoding.UTF8.GetBytes(schema.ApiVersion)), .. Field(2, Encoding.UTF8.GetBytes(schema.Kind)),
        ];
        return [.. "k8s\0"u8, .. Field(1, type), .. Field(2, Message(schema.Tree, tree))];
    }

    private static byte[] Message(SchemaNode node, JsonObject tree)
    {
        var bytes = new List<byte>();
        foreach (var field in node.Fields.Where(field => !field.Inlined && field.Number > 0))
        {
            if (tree[field.Name] is { } value)
            {
                bytes.AddRange(Values(field, value));
            }
        }

        foreach (var inline in node.Inlines)
        {
            bytes.AddRange(Field(inline.Number, Message(inline.Node, tree)));
        }

        return [.. bytes];
    }

    private static IEnumerable<byte> Values(SchemaField field, JsonNode value) => (field.Node.Type, value) switch
    {
        (SchemaType.List, JsonArray list) when !field.Node.Wrapped =>
            list.SelectMany(item => Value(field.Number, field.Node.Item!, item)),
        (SchemaType.Map, JsonObject map) => map.SelectMany(pair => Field(field.Number,
            [.. Field(1, Encoding.UTF8.GetBytes(pair.Key)), .. Value(2, field.Node.Item!, pair.Value)])),
        _ => Value(field.Number, field.Node, value),
    };

    private static byte[] Value(int number, SchemaNode node, JsonNode? value)
    {
        switch (node.Type)
        {
            case SchemaType.Object:
                return Field(number, value is JsonObject map ? Message(node, map) : []);
            case SchemaType.Bool:
                return Varint(number, value?.ToString() == "true" ? 1u : 0u);
            case SchemaType.Int32 or SchemaType.Int64:
                return Varint(number, (ulong)(JsonTree.AsLong(value) ?? 0));
            case SchemaType.Number:
                var fixed64 = new byte[8];
                BinaryPrimitives.WriteDoubleLittleEndian(fixed64, 1.5);
                return [.. Number((ulong)(number << 3) | 1), .. fixed64];
            case SchemaType.Bytes:
                return Field(number, Convert.TryFromBase64String($"{value}", new byte[$"{value}".Length], out _)
                    ? Convert.FromBase64String($"{value}") : []);
            case SchemaType.Time or SchemaType.MicroTime:
                return Field(number, Varint(1, (ulong)(DateTimeOffset.TryParse(
                    $"{value}", CultureInfo.InvariantCulture, out var time) ? time.ToUnixTimeSeconds() : 0)));
            case SchemaType.Quantity:
                return Field(number, Field(1, Encoding.UTF8.GetBytes($"{value}")));
            case SchemaType.IntOrString:
                return Field(number, JsonTree.AsLong(value) is { } whole
                    ? [.. Varint(1, 0), .. Varint(2, (ulong)whole)]
                    : [.. Varint(1, 1), .. Field(3, Encoding.UTF8.GetBytes($"{value}"))]);
            case SchemaType.Raw:
                return Field(number, Field(1, Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "null")));
            default:
                return Field(number, Encoding.UTF8.GetBytes($"{value}"));
        }
    }

    private static byte[] Field(int number, byte[] content) =>
        [.. Number((ulong)(number << 3) | 2), .. Number((ulong)content.Length), .. content];

    private static byte[] Varint(int number, ulong value) => [.. Number((ulong)(number << 3)), .. Number(value)];

    private static IEnumerable<byte> Number(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
