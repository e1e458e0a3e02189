using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;

namespace Edge.Server.Schema;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    public static PatchResult Apply(JsonObject original, ReadOnlyMemory<byte> patch)
    {
        JsonNode? tree;
        IReadOnlyList<string> duplicates;
        try
        {
            (tree, duplicates) = JsonTreeReader.Read(patch.Span);
        }
        catch (JsonException fault)
        {
            return new PatchResult.Malformed($"error decoding patch: {JsonTreeReader.Describe(fault)}");
        }

        return tree is JsonObject changes
            ? new PatchResult.Patched(Merge(original.Copy(), changes), duplicates)
            : new PatchResult.Malformed(
                $"error decoding patch: json: cannot unmarshal {JsonTree.KindWord(tree)} into Go value of type "
                + "map[string]interface {}");
    }

    private static JsonObject Merge(JsonObject into, JsonObject changes)
    {
        into.RemoveAll([.. changes.Where(change => change.Value is null).Select(change => change.Key)]);
        foreach (var (name, value) in changes)
        {
            switch (value)
            {
                case null:
                    // Taken out above, all together.
                    break;
                case JsonObject inner:
                    into[name] = Merge(into[name] as JsonObject ?? [], inner);
                    break;
                default:
                    into[name] = value.DeepClone();
                    break;
            }
        }

        return into;
    }
}
