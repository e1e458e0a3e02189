using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;

namespace Edge.Server.Schema.Patches;

/// <summary>How large and how deep a tree is, for the limits that a patch could get around.</summary>
internal static class JsonSize
{
    /// <summary>About the bytes that the tree has when it is written.</summary>
    public static long Of(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                var all = 2L;
                foreach (var (name, value) in map)
                {
                    all += name.Length + 4 + Of(value);
                }

                return all;
            case JsonArray list:
                var sum = 2L;
                foreach (var item in list)
                {
                    sum += 1 + Of(item);
                }

                return sum;
            default:
                return JsonTree.AsText(node) is { } text ? text.Length + 2 : 8;
        }
    }

    /// <summary>What is wrong when the value, put where the path says, is deeper than a body may be; or null.</summary>
    public static string? TooDeep(string path, JsonNode? value) =>
        Fits(value, JsonTreeReader.MaxDepth - path.Count(letter => letter == '/')) ? null : "exceeded max depth";

    private static bool Fits(JsonNode? node, int levels)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (_, value) in map)
                {
                    if (levels <= 1 || !Fits(value, levels - 1))
                    {
                        return false;
                    }
                }

                return levels > 0;
            case JsonArray list:
                foreach (var item in list)
                {
                    if (levels <= 1 || !Fits(item, levels - 1))
                    {
                        return false;
                    }
                }

                return levels > 0;
            default:
                return levels >= 0;
        }
    }
}
