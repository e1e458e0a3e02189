using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Bodies;

/// <summary>
/// Bytes to a tree, noting keys that stand twice in one object (the last one wins, as in Go), which the framework's
/// own parser hides.
/// </summary>
internal sealed class JsonTreeReader
{
    /// <summary>Deeper nesting than any kind has; keeps a hostile body from exhausting the stack.</summary>
    public const int MaxDepth = 128;

    private readonly BodyPlace _place = new();

    private JsonTreeReader()
    {
    }

    /// <summary>The tree and the paths that stand twice.</summary>
    /// <exception cref="JsonException">The bytes are not one JSON value.</exception>
    public static (JsonNode? Tree, IReadOnlyList<string> Duplicates) Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var self = new JsonTreeReader();
        try
        {
            reader.Read();
            var tree = self.Value(ref reader);
            return reader.Read()
                ? throw new JsonException("a second value follows the first")
                : (tree, self._place.Duplicates);
        }
        catch (InvalidOperationException fault)
        {
            // The reader's word for text that is not UTF-8, and for half a character written as \ud800.
            throw new JsonException("invalid UTF-8 in a string", fault);
        }
    }

    /// <summary>Our words, or where the text breaks off: the framework's are cut from the published binary.</summary>
    public static string Describe(JsonException fault) => fault.LineNumber is null ? fault.Message :
        $"invalid character or unexpected end at line {(fault.LineNumber ?? 0) + 1}, "
        + $"byte {fault.BytePositionInLine ?? 0}";

    private JsonNode? Value(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => ObjectValue(ref reader),
        JsonTokenType.StartArray => ListValue(ref reader),
        JsonTokenType.String => JsonValue.Create(reader.GetString()),
        JsonTokenType.Number => NumberValue(ref reader),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        JsonTokenType.Null => null,
        JsonTokenType.None or JsonTokenType.EndObject or JsonTokenType.EndArray or JsonTokenType.PropertyName
            or JsonTokenType.Comment => throw new JsonException("a value is expected"),
    };

    private JsonObject ObjectValue(ref Utf8JsonReader reader)
    {
        var result = new JsonObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            _place.Enter(name);
            reader.Read();
            if (result.ContainsKey(name))
            {
                _place.IsDuplicate();
            }

            result[name] = Value(ref reader);
            _place.Leave();
        }

        return result;
    }

    private JsonArray ListValue(ref Utf8JsonReader reader)
    {
        var result = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            _place.Enter(result.Count);
            result.Add(Value(ref reader));
            _place.Leave();
        }

        return result;
    }

    private static JsonValue NumberValue(ref Utf8JsonReader reader) =>
        reader.TryGetInt64(out var whole) ? JsonValue.Create(whole)
        : reader.TryGetDecimal(out var exact) ? JsonValue.Create(exact)
        : reader.GetDouble() is var real && double.IsFinite(real) ? JsonValue.Create(real)
        : throw new JsonException("a number is too large");
}
