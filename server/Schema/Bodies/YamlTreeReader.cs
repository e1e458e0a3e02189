using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Edge.Server.Schema.Bodies;

/// <summary>The first YAML document of a body as a tree, at parser level; scalars typed as in Go's library.</summary>
internal sealed class YamlTreeReader
{
    /// <summary>Nodes that aliases may unfold to; more is an attack on memory, not a manifest.</summary>
    private const int MaxNodes = 100_000;

    /// <summary>Letters that aliases may unfold to; no body may have more.</summary>
    private const int MaxLetters = 3 * 1024 * 1024;

    private readonly BodyPlace _place = new();
    private readonly Dictionary<string, JsonNode?> _anchors = new(StringComparer.Ordinal);
    private readonly Parser _parser;
    private int _nodes;
    private long _unfolded;

    private YamlTreeReader(string text) => _parser = new Parser(new StringReader(text));

    /// <summary>The tree and the paths that stand twice.</summary>
    /// <exception cref="YamlException">The text is not YAML.</exception>
    public static (JsonNode? Tree, IReadOnlyList<string> Duplicates) Read(ReadOnlySpan<byte> yaml)
    {
        var self = new YamlTreeReader(Encoding.UTF8.GetString(yaml));
        try
        {
            self._parser.Consume<StreamStart>();
            return self._parser.TryConsume<DocumentStart>(out _)
                ? (self.Value(0), self._place.Duplicates)
                : (null, []);
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or FormatException)
        {
            // The library's own stumbling over texts that are no YAML.
            throw new YamlException("the text is not YAML");
        }
    }

    private JsonNode? Value(int depth)
    {
        if (++_nodes > MaxNodes || depth > JsonTreeReader.MaxDepth)
        {
            throw new YamlException("the document is too deep or too large");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Unfold(alias, depth);
        }

        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        JsonNode? value = _parser.TryConsume<MappingStart>(out _) ? MapValue(depth)
            : _parser.TryConsume<SequenceStart>(out _) ? ListValue(depth)
            : ScalarValue(_parser.Consume<Scalar>());
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = value;
        }

        return value;
    }

    private JsonNode? Unfold(AnchorAlias alias, int depth)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var known))
        {
            throw new YamlException(alias.Start, alias.End, $"unknown anchor '{alias.Value}' referenced");
        }

        Count(known, depth);
        return known?.DeepClone();
    }

    private void Count(JsonNode? node, int depth)
    {
        _nodes++;
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    _unfolded += name.Length;
                    Count(value, depth + 1);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Count(item, depth + 1);
                }

                break;
            default:
                _unfolded += JsonTree.AsText(node)?.Length ?? 0;
                break;
        }

        if (depth > JsonTreeReader.MaxDepth)
        {
            throw new YamlException("the document is too deep or too large");
        }

        if (_nodes > MaxNodes || _unfolded > MaxLetters)
        {
            throw new YamlException("aliases unfold to too much");
        }
    }

    private JsonObject MapValue(int depth)
    {
        var result = new JsonObject();
        var merged = new List<JsonObject>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var name = _parser.Consume<Scalar>().Value;
            _place.Enter(name);
            var value = Value(depth + 1);
            if (name != "<<" && result.ContainsKey(name))
            {
                _place.IsDuplicate();
            }

            _place.Leave();
            if (name == "<<")
            {
                merged.AddRange(value is JsonArray several ? several.OfType<JsonObject>()
                    : value is JsonObject one ? [one] : []);
                continue;
            }

            result[name] = value;
        }

        foreach (var pair in merged.SelectMany(map => map).Where(pair => !result.ContainsKey(pair.Key)).ToList())
        {
            result[pair.Key] = pair.Value?.DeepClone();
        }

        return result;
    }

    private JsonArray ListValue(int depth)
    {
        var result = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            _place.Enter(result.Count);
            result.Add(Value(depth + 1));
            _place.Leave();
        }

        return result;
    }

    private static JsonValue? ScalarValue(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "y" or "Y" or "on" or "On" or "ON" =>
                JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "n" or "N" or "off" or "Off" or "OFF" =>
                JsonValue.Create(false),
            _ => NumberValue(text) ?? JsonValue.Create(text),
        };
    }

    private static JsonValue? NumberValue(string text)
    {
        var digits = text.TrimStart('+', '-');
        if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.'))
        {
            return null;
        }

        if (digits.Length > 1 && digits[0] == '0' && Radix(digits) is { } value)
        {
            return JsonValue.Create(text[0] == '-' ? -value : value);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return JsonValue.Create(whole);
        }

        return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? JsonValue.Create(exact)
            : null;
    }

    /// <summary>0x, 0o and the old leading-zero octal that file modes are written in.</summary>
    private static long? Radix(string digits)
    {
        try
        {
            return digits[1] switch
            {
                'x' or 'X' => Convert.ToInt64(digits[2..], 16),
                'o' => Convert.ToInt64(digits[2..], 8),
                >= '0' and <= '7' => Convert.ToInt64(digits, 8),
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null;
        }
        catch (OverflowException)
        {
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
