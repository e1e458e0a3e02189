using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Patches;

/// <summary>Strategic merge of one list: by key, or as a set of scalars; then put into the order asked for.</summary>
internal static class StrategicList
{
    /// <param name="field">The list.</param>
    /// <param name="current">As it is.</param>
    /// <param name="patch">What the patch holds of it.</param>
    /// <param name="order">The order of items that the patch names; null for that of the patch itself.</param>
    /// <exception cref="FormatException">An element has no key, or a directive that does not exist.</exception>
    public static JsonArray Merge(SchemaField field, JsonArray current, JsonArray patch, JsonArray? order) =>
        field.MergeKey.Length == 0 ? MergeSet(current, patch, order) : MergeKeyed(field, current, patch, order);

    private static JsonArray MergeSet(JsonArray current, JsonArray patch, JsonArray? order)
    {
        var items = current.Select(item => item?.DeepClone()).ToList();
        foreach (var added in patch)
        {
            if (!items.Any(item => JsonTree.Same(item, added)))
            {
                items.Add(added?.DeepClone());
            }
        }

        return Arrange(
            items, item => item?.ToJsonString() ?? "null", current,
            [.. (order ?? patch).Select(item => item?.ToJsonString() ?? "null")]);
    }

    private static JsonArray MergeKeyed(SchemaField field, JsonArray current, JsonArray patch, JsonArray? order)
    {
        var changes = new List<JsonObject>();
        var items = current.Select(item => item?.DeepClone()).ToList();
        var replaces = false;
        foreach (var item in patch)
        {
            var directive = item is JsonObject map ? StrategicMerge.Directive(map) : null;
            var key = Key(field, item, isDirective: directive == "replace");
            switch (directive)
            {
                case null:
                    changes.Add((JsonObject)item!);
                    break;
                case "delete":
                    items.RemoveAll(known => Key(field, known) == key);
                    break;
                case "replace":
                    replaces = true;
                    break;
                case "merge":
                    throw new FormatException("merging lists cannot yet be specified in the patch");
                case { } other:
                    throw StrategicMerge.Unknown(other, (JsonObject)item!);
            }
        }

        if (replaces)
        {
            // As upstream: the element that says so is no item itself, even where it has a key.
            return new JsonArray([.. changes.Select(StrategicMerge.Clean)]);
        }

        foreach (var change in changes)
        {
            var key = Key(field, change);
            var at = items.FindIndex(item => Key(field, item) == key);
            if (at < 0)
            {
                items.Add(StrategicMerge.Clean(change));
            }
            else
            {
                items[at] = StrategicMerge.Merge(field.Node.Item, ((JsonObject)items[at]!).Copy(), change);
            }
        }

        return Arrange(
            items, item => Key(field, item), current,
            [.. order?.Select(item => Key(field, item)) ?? changes.Select(item => Key(field, item))]);
    }

    private static string Key(SchemaField field, JsonNode? item, bool isDirective = false) =>
        (item as JsonObject)?[field.MergeKey]?.ToJsonString()
        ?? (isDirective ? "" : throw new FormatException(
            $"map: {item?.ToJsonString() ?? "null"} does not contain declared merge key: {field.MergeKey}"));

    /// <summary>
    /// Items that the order names stand in it; one that only the server has stays before the next named item that it
    /// stood before, and behind new ones.
    /// </summary>
    private static JsonArray Arrange(
        List<JsonNode?> items, Func<JsonNode?, string> key, JsonArray current, List<string> order)
    {
        var before = current.Select(key).ToList();
        var named = items.Where(item => order.Contains(key(item))).OrderBy(item => order.IndexOf(key(item))).ToList();
        var others = items.Where(item => !order.Contains(key(item))).ToList();
        var result = new JsonArray();
        int at = 0, to = 0;
        while (at < named.Count || to < others.Count)
        {
            var place = at < named.Count ? before.IndexOf(key(named[at])) : -1;
            var isNext = at == named.Count
                || (to < others.Count && place >= 0 && before.IndexOf(key(others[to])) < place);
            result.Add(isNext ? others[to++] : named[at++]);
        }

        return result;
    }
}
