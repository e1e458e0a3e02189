using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Edge.Agent;

/// <summary>
/// The documents of a manifest file as trees: YAML at parser level, with scalars typed as in Go's library, or JSON.
/// Aliases are refused: no manifest needs them, and they can unfold without end.
/// </summary>
internal static class YamlTree
{
    /// <summary>Kubernetes' objects are some 15 deep; more is an attack on the stack.</summary>
    private const int DepthMax = 64;

    /// <exception cref="FormatException">The text is neither; the message says where.</exception>
    public static IReadOnlyList<JsonNode> Read(string text)
    {
        try
        {
            var documents = text.AsSpan().TrimStart() is ['{', ..]
                ? [JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = DepthMax })!]
                : Documents(new Parser(new StringReader(text)));
            documents.ForEach(document => DropNulls(document, ""));
            return documents;
        }
        catch (YamlException broken)
        {
            throw new FormatException($"line {broken.Start.Line}: it is not YAML: {broken.Message}");
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or ArgumentException)
        {
            // The last two are the YAML library's own stumbling, and a key that stands twice in JSON: that is found
            // when somebody looks at it first.
            throw new FormatException("it is neither YAML nor JSON, or a key stands twice");
        }
    }

    /// <summary>A field that is null is not there, as in Kubernetes; an item of a list must be something.</summary>
    private static void DropNulls(JsonNode node, string path)
    {
        switch (node)
        {
            case JsonObject map:
                var nothing = new List<string>();
                foreach (var (key, value) in map)
                {
                    if (value is null)
                    {
                        nothing.Add(key);
                    }
                    else
                    {
                        DropNulls(value, path.Length == 0 ? key : $"{path}.{key}");
                    }
                }

                nothing.ForEach(key => map.Remove(key));

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    DropNulls(
                        list[i] ?? throw new FormatException($"{path}[{i}]: Required value"), $"{path}[{i}]");
                }

                break;
        }
    }

    private static List<JsonNode> Documents(Parser parser)
    {
        var documents = new List<JsonNode>();
        parser.Consume<StreamStart>();
        while (parser.TryConsume<DocumentStart>(out _))
        {
            if (Value(parser, 0) is { } document)
            {
                documents.Add(document);
            }

            parser.Consume<DocumentEnd>();
        }

        return documents;
    }

    private static JsonNode? Value(Parser parser, int depth)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            throw new YamlException(alias.Start, alias.End, "aliases are not taken");
        }

        if (depth > DepthMax)
        {
            throw new FormatException("it is nested too deep");
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            return Mapping(parser, depth);
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            return ScalarValue(parser.Consume<Scalar>());
        }

        var list = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            list.Add(Value(parser, depth + 1));
        }

        return list;
    }

    private static JsonObject Mapping(Parser parser, int depth)
    {
        var map = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            var value = Value(parser, depth + 1);
            if (!map.TryAdd(key.Value, value))
            {
                throw new YamlException(key.Start, key.End, $"key \"{key.Value}\" stands twice");
            }
        }

        return map;
    }

    private static JsonNode? ScalarValue(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonNode.Parse("true"),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonNode.Parse("false"),
            _ => Number(text) ?? JsonValue.Create(text),
        };
    }

    private static JsonNode? Number(string text)
    {
        var digits = text.TrimStart('+', '-');
        if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
        {
            return null;
        }

        if (digits.Length > 1 && digits[0] == '0' && Octal(digits) is { } mode)
        {
            return Json(mode);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return Json(whole);
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? JsonNode.Parse(exact.ToString(CultureInfo.InvariantCulture))
            : null;
    }

    /// <summary>Parsed and not made: a kind of value for each number type would be code for nothing.</summary>
    private static JsonNode? Json(long number) => JsonNode.Parse(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>0644 and 0o644, as file modes are written; null for anything else.</summary>
    private static long? Octal(string digits)
    {
        var value = 0L;
        // 20 digits of three bits fit a number of 64.
        foreach (var digit in digits.Length is > 2 and < 20 && digits[1] == 'o' ? digits.AsSpan(2) : digits.AsSpan(1))
        {
            if (digit is < '0' or > '7' || digits.Length >= 20)
            {
                return null;
            }

            value = (value << 3) + (digit - '0');
        }

        return value;
    }
}
