using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Server.Schema.Bodies;
using Edge.Server.Schema.Patches;

namespace Edge.Server.Schema;

/// <summary>
/// Kubernetes' strategic merge patch: objects merge, lists merge by the key that the schema names, other lists are
/// replaced; the <c>$</c> directives delete, replace, order and retain.
/// </summary>
internal static class StrategicMerge
{
    internal const string PatchKey = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string OrderPrefix = "$setElementOrder/";
    private const string DeletePrefix = "$deleteFromPrimitiveList/";

    public static PatchResult Apply(ResourceSchema schema, JsonObject original, ReadOnlyMemory<byte> patch)
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

        if (tree is not JsonObject changes)
        {
            return new PatchResult.Malformed(
                $"error decoding patch: json: cannot unmarshal {JsonTree.KindWord(tree)} into Go value of type "
                + "map[string]interface {}");
        }

        try
        {
            return new PatchResult.Patched(Merge(schema.Tree, original.Copy(), changes), duplicates);
        }
        catch (FormatException fault)
        {
            return new PatchResult.Unprocessable(fault.Message);
        }
    }

    /// <exception cref="FormatException">A directive or a keyed element is malformed.</exception>
    internal static JsonObject Merge(SchemaNode? node, JsonObject into, JsonObject patch)
    {
        switch (patch.Text(PatchKey))
        {
            case "replace":
                return Clean(patch);
            case "delete":
                return [];
        }

        Retain(into, patch);
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith('$'))
            {
                continue;
            }

            MergeField(node, into, name, value, patch[OrderPrefix + name] as JsonArray);
        }

        foreach (var (name, value) in patch.Where(pair => pair.Key.StartsWith(DeletePrefix, StringComparison.Ordinal)))
        {
            DeletePrimitives(into, name[DeletePrefix.Length..], value);
        }

        OrderUntouched(node, into, patch);
        return into;
    }

    private static void MergeField(SchemaNode? node, JsonObject into, string name, JsonNode? value, JsonArray? order)
    {
        var field = node?.Find(name);
        var shape = field?.Node ?? (node?.Type == SchemaType.Map ? node.Item : null);
        switch (value)
        {
            case null:
                into.Remove(name);
                break;
            case JsonObject map when map.Text(PatchKey) == "delete":
                into.Remove(name);
                break;
            case JsonObject map:
                into[name] = Merge(shape, into[name] is JsonObject current ? current.Copy() : [], map);
                break;
            case JsonArray list when field is { Merge: true }:
                into[name] = StrategicList.Merge(field, into[name] as JsonArray ?? [], list, order);
                break;
            default:
                into[name] = value.DeepClone();
                break;
        }
    }

    /// <summary>An order may be given for a list that the patch does not change otherwise.</summary>
    private static void OrderUntouched(SchemaNode? node, JsonObject into, JsonObject patch)
    {
        foreach (var (directive, value) in patch)
        {
            if (!directive.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = directive[OrderPrefix.Length..];
            if (node?.Find(name) is { Merge: true } field && into[name] is JsonArray list && value is JsonArray order
                && patch[name] is null)
            {
                into[name] = StrategicList.Merge(field, list, [], order);
            }
        }
    }

    private static void Retain(JsonObject into, JsonObject patch)
    {
        if (!patch.ContainsKey(RetainKeys))
        {
            return;
        }

        var keep = (patch[RetainKeys] as JsonArray
                ?? throw new FormatException("invalid patch: $retainKeys is no list"))
            .Select(JsonTree.AsText).ToHashSet();
        foreach (var name in into.Select(pair => pair.Key).Where(name => !keep.Contains(name)).ToList())
        {
            into.Remove(name);
        }
    }

    private static void DeletePrimitives(JsonObject into, string name, JsonNode? values)
    {
        if (into[name] is JsonArray list && values is JsonArray gone)
        {
            into[name] = new JsonArray(
                [.. list.Where(item => !gone.Any(value => JsonTree.Same(item, value)))
                    .Select(item => item?.DeepClone())]);
        }
    }

    /// <summary>The patch as a value: a copy without directives, at any depth.</summary>
    internal static JsonObject Clean(JsonObject patch) => Merge(null, [], new JsonObject(
        patch.Where(pair => pair.Key != PatchKey)
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()))));
}
