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
        var known = current.Select(Text).ToHashSet();
        foreach (var added in patch)
        {
            if (known.Add(Text(added)))
            {
                items.Add(added?.DeepClone());
            }
        }

        return Arrange(items, Text, current, (order ?? patch).Select(Text));
    }

    /// <summary>What tells one scalar from another.</summary>
    internal static string Text(JsonNode? scalar) => scalar?.ToJsonString() ?? "null";

    private static JsonArray MergeKeyed(SchemaField field, JsonArray current, JsonArray patch, JsonArray? order)
    {
        var changes = new List<JsonObject>();
        var deleted = new HashSet<string>();
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
                    deleted.Add(key);
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

        if (deleted.Count > 0)
        {
            items.RemoveAll(known => deleted.Contains(Key(field, known)));
        }

        if (changes.Count > 0)
        {
            Change(field, items, changes);
        }

        return Arrange(
            items, item => Key(field, item), current,
            order is null ? changes.Select(item => Key(field, item)) : order.Select(item => Key(field, item)));
    }

    /// <summary>Merges each change into the first item of its key, or adds it. In place.</summary>
    private static void Change(SchemaField field, List<JsonNode?> items, List<JsonObject> changes)
    {
        var places = Places(items.Select(item => Key(field, item)));
        foreach (var change in changes)
        {
            if (places.TryGetValue(Key(field, change), out var at))
            {
                items[at] = StrategicMerge.Merge(field.Node.Item, (JsonObject)items[at]!, change);
            }
            else
            {
                places[Key(field, change)] = items.Count;
                items.Add(StrategicMerge.Clean(change));
            }
        }
    }

    /// <summary>Where each key stands first.</summary>
    private static Dictionary<string, int> Places(IEnumerable<string> keys)
    {
        var places = new Dictionary<string, int>();
        foreach (var (at, key) in keys.Index())
        {
            places.TryAdd(key, at);
        }

        return places;
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
        List<JsonNode?> items, Func<JsonNode?, string> key, JsonArray current, IEnumerable<string> order)
    {
        var (before, wanted) = (Places(current.Select(key)), Places(order));
        var keyed = items.ConvertAll(item => (Key: key(item), Item: item));
        var named = keyed.Where(item => wanted.ContainsKey(item.Key)).OrderBy(item => wanted[item.Key]).ToList();
        var others = keyed.Where(item => !wanted.ContainsKey(item.Key)).ToList();
        var result = new JsonArray();
        int at = 0, to = 0;
        while (at < named.Count || to < others.Count)
        {
            var isNext = at == named.Count
                || (to < others.Count && before.TryGetValue(named[at].Key, out var place)
                    && before.GetValueOrDefault(others[to].Key, -1) < place);
            result.Add(isNext ? others[to++].Item : named[at++].Item);
        }

        return result;
    }
}
