using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;

namespace Edge.Server.Schema.Apply;

/// <summary>
/// One step of a path in the spelling of FieldsV1: <c>f:name</c> a field or a key of a map, <c>k:{"name":"a"}</c> an
/// item of a list by its keys (sorted, with their defaults), <c>v:"x"</c> an item of a set, <c>i:0</c> an index.
/// </summary>
internal static class FieldElement
{
    public const string Self = ".";
    public const string FieldPrefix = "f:";
    private const string KeyPrefix = "k:";
    private const string ValuePrefix = "v:";
    private const string IndexPrefix = "i:";

    public static string Field(string name) => FieldPrefix + name;

    public static string Index(int at) => IndexPrefix + at.ToString(CultureInfo.InvariantCulture);

    /// <summary>True for a field or a key of a map; <paramref name="name"/> is its name.</summary>
    public static bool IsField(string element, out string name)
    {
        var isField = element.StartsWith(FieldPrefix, StringComparison.Ordinal);
        name = isField ? element[FieldPrefix.Length..] : "";
        return isField;
    }

    /// <summary>The step to an item of a list of sets or of keyed items.</summary>
    /// <param name="field">The list.</param>
    /// <param name="item">One of its items.</param>
    public static string Item(SchemaField field, JsonNode? item)
    {
        if (field.ListType == ListType.Set)
        {
            return ValuePrefix + Json(item);
        }

        var text = new System.Text.StringBuilder(KeyPrefix).Append('{');
        foreach (var key in field.SortedKeys)
        {
            text.Append(text.Length > KeyPrefix.Length + 1 ? ",\"" : "\"").Append(key).Append("\":")
                .Append(KeyValue(field, item, key));
        }

        return text.Append('}').ToString();
    }

    /// <summary>Checks a step that somebody sent and brings it into its one spelling; null when it is none.</summary>
    public static string? Canonical(string element)
    {
        try
        {
            return element.Length < 2 ? null : element[..2] switch
            {
                FieldPrefix => element,
                KeyPrefix => Parse(element) is JsonObject keys ? KeyPrefix + Sorted(keys) : null,
                ValuePrefix => ValuePrefix + Json(Parse(element)),
                IndexPrefix => int.TryParse(element[2..], NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture, out _) ? element : null,
                _ => null,
            };
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The second is the reader's word for text that is not UTF-8.
            return null;
        }
    }

    /// <summary>The step as a path in messages shows it.</summary>
    public static string Text(string element) => element[..2] switch
    {
        FieldPrefix => "." + element[2..],
        KeyPrefix => $"[{string.Join(',', ((JsonObject)Parse(element)!)
            .Select(pair => $"{pair.Key}={Json(pair.Value)}"))}]",
        ValuePrefix => $"[={element[2..]}]",
        _ => $"[{element[2..]}]",
    };

    /// <summary>As upstream sorts: fields, keys, values, indexes; numbers by what they are worth.</summary>
    public static int Compare(string left, string right)
    {
        if (left[0] != right[0])
        {
            return Rank(left[0]) - Rank(right[0]);
        }

        return left[0] == 'f' ? string.CompareOrdinal(left, right) : CompareNumbered(left, right);
    }

    private static int Rank(char kind) => "fkvi".IndexOf(kind, StringComparison.Ordinal);

    /// <summary>A total order: steps are the same in it only when they are the same text.</summary>
    private static int CompareNumbered(string left, string right)
    {
        var at = left.AsSpan().CommonPrefixLength(right);
        var start = at;
        while (start > IndexPrefix.Length && IsOfNumber(left[start - 1]))
        {
            start--;
        }

        // What stands right after a colon that is not part of a text is a number.
        if (left[start - 1] != ':' || IsInText(left.AsSpan(0, start)))
        {
            return string.CompareOrdinal(left, right);
        }

        var one = Number(left, start);
        var other = Number(right, start);
        var order = one.IsEmpty || other.IsEmpty ? 0 : CompareNumbers(one, other);
        return order != 0 ? order : string.CompareOrdinal(left, right);
    }

    /// <summary>Whole numbers by what they are worth, however long; all others after them, by their texts.</summary>
    private static int CompareNumbers(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        var (rank, others) = (Rank(one), Rank(other));
        return rank != others ? rank - others
            : rank == 1 || one.Length == other.Length ? one.SequenceCompareTo(other) * (rank < 0 ? -1 : 1)
            : (one.Length - other.Length) * (rank < 0 ? -1 : 1);

        static int Rank(ReadOnlySpan<char> number) =>
            !number.ContainsAnyExceptInRange('0', '9') ? 0
            : number[0] == '-' && !number[1..].ContainsAnyExceptInRange('0', '9') ? -1 : 1;
    }

    private static bool IsOfNumber(char letter) =>
        char.IsAsciiDigit(letter) || letter is '-' or '+' or '.' or 'e' or 'E';

    private static bool IsInText(ReadOnlySpan<char> text)
    {
        var isIn = false;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == '"')
            {
                isIn = !isIn;
            }
        }

        return isIn;
    }

    private static ReadOnlySpan<char> Number(string text, int start)
    {
        var end = start;
        while (end < text.Length && IsOfNumber(text[end]))
        {
            end++;
        }

        return text.AsSpan(start, end - start);
    }

    /// <summary>A key that is left out is its default, or what Go has where nothing is said.</summary>
    private static string KeyValue(SchemaField field, JsonNode? item, string key)
    {
        if ((item as JsonObject)?[key] is { } value)
        {
            return Json(value);
        }

        var part = field.Node.Item!.Find(key);
        return part?.Node.Type is SchemaType.Int32 or SchemaType.Int64
            ? part.Default ?? "0"
            : $"\"{part?.Default}\"";
    }

    private static JsonNode? Parse(string element) =>
        JsonTreeReader.Read(System.Text.Encoding.UTF8.GetBytes(element[2..])).Tree;

    private static string Sorted(JsonObject keys) => "{" + string.Join(',', keys
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => $"\"{Escaped(pair.Key)}\":{Json(pair.Value)}")) + "}";

    private static string Json(JsonNode? value) => value is null ? "null"
        : JsonTree.AsText(value) is { } text ? $"\"{Escaped(text)}\""
        : value.ToJsonString();

    private static string Escaped(string text) =>
        JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
}
