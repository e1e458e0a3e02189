using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Bodies;

/// <summary>
/// Holds a tree against its schema, in place: drops nulls and unknown fields (noting them), refuses values of a wrong
/// type with the text of Go's decoder, and notes fields that Edge stores but does not act on. What it lets through the
/// typed records can read: numbers, amounts, times and bytes are kept in their one canonical spelling, as Go writes
/// them back.
/// </summary>
internal sealed class TreeCheck
{
    private const string QuantityRule =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

    public List<string> Unknown { get; } = [];

    public List<string> Unsupported { get; } = [];

    /// <summary>True leaves nulls of objects where they stand: an applied null is a field that is named.</summary>
    public bool KeepNulls { get; init; }

    /// <exception cref="TypeMismatchException">A value has the wrong type.</exception>
    public void Object(SchemaNode node, JsonObject obj, string path)
    {
        var gone = new List<string>();
        for (var at = 0; at < obj.Count; at++)
        {
            var (name, value) = obj.GetAt(at);
            var inner = path.Length == 0 ? name : $"{path}.{name}";
            if (node.Find(name) is not { } field)
            {
                if (Unknown.Count < BodyPlace.FaultsMax)
                {
                    Unknown.Add(BodyPlace.Short(inner));
                }

                gone.Add(name);
                continue;
            }

            if (value is null)
            {
                if (!KeepNulls)
                {
                    gone.Add(name);
                }

                continue;
            }

            var place = new Place(node.Name[(node.Name.LastIndexOf('.') + 1)..], inner);
            Replace(obj, name, value, Value(field.Node, value, place));
            NoteUnsupported(field, obj[name], inner);
        }

        obj.RemoveAll(gone);
    }

    private void NoteUnsupported(SchemaField field, JsonNode? value, string path)
    {
        if (!field.Unsupported)
        {
            return;
        }

        var idle = value switch
        {
            JsonObject map => map.Count == 0 && field.Node.Fields.Count != 0 && !field.Pointer,
            JsonArray list => list.Count == 0,
            // A time of zero is as much said as any other; those are the int64 that Go points to.
            JsonValue scalar when field is { Pointer: true, Node.Type: SchemaType.Int64 } =>
                scalar.ToString() == field.Default,
            JsonValue scalar => scalar.ToString() is "" or "0" or "false" || scalar.ToString() == field.Default,
            _ => true,
        };
        if (!idle)
        {
            Unsupported.Add(path);
        }
    }

    /// <summary>The value as it is kept; the same instance when nothing had to change.</summary>
    private JsonNode Value(SchemaNode node, JsonNode value, Place place)
    {
        switch (node.Type)
        {
            case SchemaType.Object:
                Object(node, value as JsonObject ?? throw Mismatch(node, value, place), place.Path);
                return value;
            case SchemaType.Map:
                Map(node.Item!, value as JsonObject ?? throw Mismatch(node, value, place), place);
                return value;
            case SchemaType.List:
                List(node.Item!, value as JsonArray ?? throw Mismatch(node, value, place), place);
                return value;
            case SchemaType.Raw:
                return value;
            case SchemaType.Bool:
                return value.GetValueKind() is JsonValueKind.True or JsonValueKind.False
                    ? value : throw Mismatch(node, value, place);
            case SchemaType.Int32 or SchemaType.Int64:
                return Integer(node, value, place);
            case SchemaType.Number:
                return value.GetValueKind() == JsonValueKind.Number ? value : throw Mismatch(node, value, place);
            case SchemaType.Quantity:
                return QuantityText(node, value, place);
            case SchemaType.IntOrString:
                return JsonTree.AsText(value) is not null ? value : Integer(node, value, place);
            default:
                return TextValue(node, value, place);
        }
    }

    private void Map(SchemaNode item, JsonObject map, Place place)
    {
        for (var at = 0; at < map.Count; at++)
        {
            var (key, value) = map.GetAt(at);
            var inner = place with { Path = $"{place.Path}[{BodyPlace.Short(key)}]" };
            Replace(map, key, value, Value(item, value ?? Zero(item), inner));
        }
    }

    private void List(SchemaNode item, JsonArray list, Place place)
    {
        for (var at = 0; at < list.Count; at++)
        {
            var value = list[at];
            var kept = Value(item, value ?? Zero(item), place with { Path = $"{place.Path}[{at}]" });
            if (!ReferenceEquals(kept, value))
            {
                list[at] = kept;
            }
        }
    }

    private static void Replace(JsonObject obj, string name, JsonNode? before, JsonNode after)
    {
        if (!ReferenceEquals(before, after))
        {
            obj[name] = after;
        }
    }

    /// <summary>What Go makes of a null element.</summary>
    private static JsonNode Zero(SchemaNode item) => item.Type switch
    {
        SchemaType.Object or SchemaType.Map => new JsonObject(),
        SchemaType.List => new JsonArray(),
        SchemaType.Bool => JsonValue.Create(false),
        SchemaType.Int32 or SchemaType.Int64 or SchemaType.Number or SchemaType.IntOrString => JsonValue.Create(0L),
        SchemaType.Quantity => JsonValue.Create("0"),
        SchemaType.String or SchemaType.Bytes or SchemaType.Time or SchemaType.MicroTime or SchemaType.Duration
            or SchemaType.Raw => JsonValue.Create(""),
    };

    private static JsonNode Integer(SchemaNode node, JsonNode value, Place place)
    {
        if (JsonTree.AsLong(value) is not { } number
            || (node.Type != SchemaType.Int64 && number is < int.MinValue or > int.MaxValue))
        {
            throw Mismatch(node, value, place);
        }

        return value.ToJsonString() == number.ToString(CultureInfo.InvariantCulture) ? value : JsonValue.Create(number);
    }

    private static JsonNode QuantityText(SchemaNode node, JsonNode value, Place place)
    {
        var text = JsonTree.AsText(value)
            ?? (value.GetValueKind() == JsonValueKind.Number ? value.ToJsonString() : null)
            ?? throw Mismatch(node, value, place);
        if (!Quantity.TryParse(text, out var amount))
        {
            throw new TypeMismatchException($"{place.Path}: {QuantityRule}");
        }

        var kept = QuantityForm.Canonical(text, amount.Value);
        return JsonTree.AsText(value) == kept ? value : JsonValue.Create(kept);
    }

    private static JsonNode TextValue(SchemaNode node, JsonNode value, Place place)
    {
        var text = JsonTree.AsText(value) ?? throw Mismatch(node, value, place);
        if (node.Type is SchemaType.Time or SchemaType.MicroTime)
        {
            var kept = TimeText.Canonical(text, micro: node.Type == SchemaType.MicroTime)
                ?? throw new TypeMismatchException($"{place.Path}: parsing time \"{text}\" as "
                    + $"\"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\"");
            return kept == text ? value : JsonValue.Create(kept);
        }

        return node.Type == SchemaType.Bytes ? BytesText(value, text) : value;
    }

    /// <summary>Line breaks pass, as in Go, but are not kept.</summary>
    private static JsonNode BytesText(JsonNode value, string text)
    {
        var buffer = new byte[(text.Length * 3 / 4) + 3];
        if (!Convert.TryFromBase64String(text, buffer, out var length))
        {
            throw new TypeMismatchException($"illegal base64 data at input byte {Base64Fault(text)}");
        }

        var kept = Convert.ToBase64String(buffer, 0, length);
        return kept == text ? value : JsonValue.Create(kept);
    }

    /// <summary>The place of the first byte that is not base64.</summary>
    private static int Base64Fault(string text)
    {
        var at = 0;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '+' or '/' or '\n' or '\r'))
        {
            at++;
        }

        return at;
    }

    private static TypeMismatchException Mismatch(SchemaNode node, JsonNode value, Place place)
    {
        var found = JsonTree.KindWord(value);
        if (found == "number" && node.Type is SchemaType.Int32 or SchemaType.Int64)
        {
            found = $"number {value.ToJsonString()}";
        }

        return new TypeMismatchException(
            $"json: cannot unmarshal {found} into Go struct field {place.Owner}.{Plain(place.Path)} of type "
            + GoType.Of(node));
    }

    /// <summary>Go's messages name the path without indexes and keys.</summary>
    private static string Plain(string path)
    {
        var depth = 0;
        return string.Concat(path.Where(letter =>
        {
            depth += letter == '[' ? 1 : 0;
            var keep = depth == 0;
            depth -= letter == ']' ? 1 : 0;
            return keep;
        }));
    }

    private readonly record struct Place(string Owner, string Path);
}
