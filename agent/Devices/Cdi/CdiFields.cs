using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.Agent.Devices.Cdi;

/// <summary>
/// One mapping of a specification, read field by field; a field that nobody asked for makes the file invalid, as the
/// specification says.
/// </summary>
internal sealed class CdiFields
{
    private readonly JsonObject _map;
    private readonly string _path;
    private readonly HashSet<string> _asked = [];

    public CdiFields(JsonNode? node, string path)
    {
        _path = path;
        _map = node as JsonObject ?? throw new CdiException($"{Name(path)}: a mapping is needed");
    }

    public bool Has(string field) => _map.ContainsKey(field);

    /// <summary>Null when it is not there.</summary>
    public string? Text(string field) => Take(field) switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => throw Broken(field, "a text is needed"),
    };

    /// <exception cref="CdiException">It is absent or empty.</exception>
    public string Required(string field) =>
        Text(field) is { Length: > 0 } text ? text : throw Broken(field, "it must be there");

    /// <summary>Null when it is not there.</summary>
    public long? Number(string field, long max) => Take(field) switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number
            && value.TryGetValue(out JsonElement written) && written.TryGetInt64(out var number)
            && number >= 0 && number <= max => number,
        _ => throw Broken(field, $"a whole number of at most {max} is needed"),
    };

    public bool? Flag(string field) => Take(field) switch
    {
        null => null,
        JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False =>
            value.GetValueKind() == JsonValueKind.True,
        _ => throw Broken(field, "true or false is needed"),
    };

    public IReadOnlyList<string> Texts(string field)
    {
        var texts = new List<string>();
        foreach (var node in List(field))
        {
            texts.Add(node is JsonValue value && value.GetValueKind() == JsonValueKind.String
                ? value.GetValue<string>()
                : throw Broken(field, "texts are needed"));
        }

        return texts;
    }

    public IReadOnlyList<CdiFields> Items(string field)
    {
        var items = new List<CdiFields>();
        foreach (var node in List(field))
        {
            items.Add(new CdiFields(node, $"{Path(field)}[{items.Count}]"));
        }

        return items;
    }

    /// <summary>A mapping inside; null when it is not there.</summary>
    public CdiFields? Inner(string field) => Take(field) is { } node ? new CdiFields(node, Path(field)) : null;

    /// <summary>A mapping of texts; nothing here reads them, so only their form counts.</summary>
    public void Annotations()
    {
        if (Inner("annotations") is { } annotations)
        {
            foreach (var (key, _) in annotations._map)
            {
                annotations.Text(key);
            }
        }
    }

    /// <exception cref="CdiException">A field was not asked for.</exception>
    public void Done()
    {
        foreach (var (field, _) in _map)
        {
            if (!_asked.Contains(field))
            {
                throw Broken(field, "it is not known");
            }
        }
    }

    public CdiException Broken(string field, string why) => new($"{Path(field)}: {why}");

    /// <summary>Empty when it is not there.</summary>
    public JsonArray List(string field) => Take(field) switch
    {
        null => [],
        JsonArray list => list,
        _ => throw Broken(field, "a list is needed"),
    };

    private JsonNode? Take(string field)
    {
        _asked.Add(field);
        return _map[field];
    }

    private string Path(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    private static string Name(string path) => path.Length == 0 ? "the file" : path;
}
