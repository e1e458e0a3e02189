using System.Globalization;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Patches;

/// <summary>The steps of RFC 6902 on one place of a tree (RFC 6901). Each answers null, or what is wrong.</summary>
internal static class JsonPointer
{
    public static string? Find(JsonNode? root, string path, out JsonNode? found)
    {
        found = root;
        foreach (var token in Tokens(path))
        {
            if (found is JsonObject map && map.TryGetPropertyValue(token, out var value))
            {
                found = value;
            }
            else if (found is JsonArray list && Index(token, list.Count - 1) is { } at)
            {
                found = list[at];
            }
            else
            {
                return $"path {path} does not exist: missing value";
            }
        }

        return null;
    }

    /// <summary>Whether the value stands at the path; what is missing from an object is null.</summary>
    public static bool Holds(JsonNode? root, string path, JsonNode? value) => Find(root, path, out var found) is null
        ? JsonTree.Same(found, value)
        : value is null && Parent(root, path, out var parent, out var last) is null
            && parent is JsonObject map && !map.ContainsKey(last);

    public static string? Add(ref JsonNode? root, string path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            root = value;
            return null;
        }

        var fault = Parent(root, path, out var parent, out var last);
        switch (parent)
        {
            case JsonObject map when fault is null:
                map[last] = value;
                return null;
            case JsonArray list when fault is null && (last == "-" ? list.Count : Index(last, list.Count)) is { } at:
                list.Insert(at, value);
                return null;
            default:
                return fault ?? $"add operation does not apply: doc is missing path: {path}";
        }
    }

    public static string? Replace(ref JsonNode? root, string path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            root = value;
            return null;
        }

        var fault = Parent(root, path, out var parent, out var last);
        switch (parent)
        {
            case JsonObject map when fault is null && map.ContainsKey(last):
                map[last] = value;
                return null;
            case JsonArray list when fault is null && Index(last, list.Count - 1) is { } at:
                list[at] = value;
                return null;
            default:
                return fault ?? $"replace operation does not apply: doc is missing key: {path}: missing value";
        }
    }

    public static string? Remove(ref JsonNode? root, string path, out JsonNode? removed)
    {
        removed = null;
        if (path.Length == 0)
        {
            (removed, root) = (root, null);
            return null;
        }

        var fault = Parent(root, path, out var parent, out var last);
        switch (parent)
        {
            case JsonObject map when fault is null && map.TryGetPropertyValue(last, out removed):
                map.Remove(last);
                return null;
            case JsonArray list when fault is null && Index(last, list.Count - 1) is { } at:
                removed = list[at];
                list.RemoveAt(at);
                return null;
            default:
                return fault ?? $"remove operation does not apply: doc is missing path: {path}: missing value";
        }
    }

    private static string? Parent(JsonNode? root, string path, out JsonNode? parent, out string last)
    {
        var cut = path.LastIndexOf('/');
        last = cut < 0 ? "" : Unescape(path[(cut + 1)..]);
        parent = null;
        return cut < 0 ? $"path {path} does not start with a slash" : Find(root, path[..cut], out parent);
    }

    private static IEnumerable<string> Tokens(string path) =>
        path.Length == 0 ? [] : path[1..].Split('/').Select(Unescape);

    private static string Unescape(string token) =>
        token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    /// <summary>As upstream's library: a negative index counts from the end.</summary>
    private static int? Index(string token, int max)
    {
        if (!int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            || token[0] == '+')
        {
            return null;
        }

        at += at < 0 ? max + 1 : 0;
        return at >= 0 && at <= max ? at : null;
    }
}
