using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Patches;

/// <summary>Strategic merge of one list: by key, or as a set of scalars; then put into the order asked for.</summary>
internal static class StrategicList
{
    /// <exception cref="FormatException">An element has no key.</exception>
    public static JsonArray Merge(SchemaField field, JsonArray current, JsonArray patch, JsonArray? order)
    {
        if (patch.OfType<JsonObject>().Any(item => item.Text(StrategicMerge.PatchKey) == "replace"
            && (field.MergeKey.Length == 0 || !item.ContainsKey(field.MergeKey))))
        {
            return new JsonArray([.. patch.Where(item => item.Text(StrategicMerge.PatchKey) != "replace")
                .Select(item => item is JsonObject map ? StrategicMerge.Clean(map) : item?.DeepClone())]);
        }

        return field.MergeKey.Length == 0
            ? MergeSet(current, patch, order)
            : MergeKeyed(field, current, patch, order);
    }

    private static JsonArray MergeSet(JsonArray current, JsonArray patch, JsonArray? order)
    {
        var items = current.Select(item => item?.DeepClone()).ToList();
        items.AddRange(patch.Where(added => !items.Any(item => JsonTree.Same(item, added)))
            .Select(item => item?.DeepClone()));
        var patched = patch.Select(item => item?.ToJsonString()).ToHashSet();
        return Arrange(items, item => item?.ToJsonString(), order?.Select(item => item?.ToJsonString()).ToList(),
            patched);
    }

    private static JsonArray MergeKeyed(SchemaField field, JsonArray current, JsonArray patch, JsonArray? order)
    {
        var items = current.Select(item => item?.DeepClone()).ToList();
        var patched = new HashSet<string?>();
        foreach (var change in patch)
        {
            var key = Key(field, change);
            var at = items.FindIndex(item => Key(field, item) == key);
            var directive = change.Text(StrategicMerge.PatchKey);
            if (directive == "delete")
            {
                items.RemoveAll(item => Key(field, item) == key);
                continue;
            }

            patched.Add(key);
            var before = at < 0 || directive == "replace" ? [] : (JsonObject)items[at]!;
            var merged = StrategicMerge.Merge(field.Node.Item, before.Copy(), (JsonObject)change!);
            if (at < 0)
            {
                items.Add(merged);
            }
            else
            {
                items[at] = merged;
            }
        }

        var keys = order?.Select(item => (string?)Key(field, item)).ToList();
        return Arrange(items, item => Key(field, item), keys, patched);
    }

    private static string Key(SchemaField field, JsonNode? item) =>
        (item as JsonObject)?[field.MergeKey]?.ToJsonString()
        ?? throw new FormatException(
            $"map: {item?.ToJsonString() ?? "null"} does not contain declared merge key: {field.MergeKey}");

    /// <summary>
    /// Items named by the order stand in that order; an item only the server has keeps its place after the item
    /// that it followed.
    /// </summary>
    private static JsonArray Arrange(
        List<JsonNode?> items, Func<JsonNode?, string?> key, List<string?>? order, HashSet<string?> patched)
    {
        if (order is null)
        {
            return new JsonArray([.. items]);
        }

        var ranked = order.Distinct().ToList();
        var sorted = items.Where(item => ranked.Contains(key(item)))
            .OrderBy(item => ranked.IndexOf(key(item))).ToList();
        var named = sorted.Count;
        for (var at = 0; at < items.Count; at++)
        {
            var item = items[at];
            if (ranked.Contains(key(item)))
            {
                continue;
            }

            // The next named item of the live list decides where a server-only item goes.
            var next = items.Skip(at + 1).FirstOrDefault(later => ranked.Contains(key(later)));
            var place = next is null || patched.Contains(key(item)) || named == 0 ? sorted.Count : sorted.IndexOf(next);
            sorted.Insert(place, item);
        }

        return new JsonArray([.. sorted]);
    }
}
