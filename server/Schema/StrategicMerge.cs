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
        catch (InvalidDataException fault)
        {
            return new PatchResult.Malformed(fault.Message);
        }
        catch (FormatException fault)
        {
            return new PatchResult.Unprocessable(fault.Message);
        }
    }

    /// <summary>The object with the patch in it; the object itself may be changed.</summary>
    /// <exception cref="FormatException">A directive does not exist, or a keyed element has no key.</exception>
    /// <exception cref="InvalidDataException">A directive has another form than it must have.</exception>
    internal static JsonObject Merge(SchemaNode? node, JsonObject into, JsonObject patch)
    {
        switch (Directive(patch))
        {
            case "replace":
                return Clean(patch);
            case "delete":
                return [];
            case { } other:
                throw Unknown(other, patch);
        }

        Retain(into, patch);
        var gone = new List<string>();
        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(OrderPrefix, StringComparison.Ordinal))
            {
                // An order may be given for a list that the patch does not change otherwise.
                var list = name[OrderPrefix.Length..];
                if (node?.Find(list) is { Merge: true } field && into[list] is JsonArray current && patch[list] is null)
                {
                    into[list] = StrategicList.Merge(field, current, [], Order(patch, list));
                }
            }
            else if (name.StartsWith(DeletePrefix, StringComparison.Ordinal))
            {
                DeletePrimitives(into, name[DeletePrefix.Length..], value);
            }
            else if (!name.StartsWith('$'))
            {
                MergeField(node, into, name, value, Order(patch, name), gone);
            }
        }

        into.RemoveAll(gone);
        return into;
    }

    /// <summary>The patch as a value: a copy without directives and nulls, at any depth.</summary>
    internal static JsonObject Clean(JsonObject patch)
    {
        var result = new JsonObject();
        foreach (var (name, value) in patch)
        {
            if (!name.StartsWith('$') && IsKept(value))
            {
                result[name] = Clean(value);
            }
        }

        return result;
    }

    /// <summary>The same for any value.</summary>
    internal static JsonNode? Clean(JsonNode? value) => value switch
    {
        JsonObject map => Clean(map),
        JsonArray list => new JsonArray([.. list.Where(item => item is null || IsKept(item)).Select(Clean)]),
        _ => value?.DeepClone(),
    };

    /// <summary>What stands behind <c>$patch</c>; null when it does not stand there.</summary>
    internal static string? Directive(JsonObject patch) =>
        patch.TryGetPropertyValue(PatchKey, out var value) ? JsonTree.AsText(value) ?? $"{value}" : null;

    internal static FormatException Unknown(string directive, JsonObject patch) =>
        new($"unknown patch type: {directive} in map: {patch.ToJsonString()}");

    /// <summary>What the field takes out of the object is only noted.</summary>
    private static void MergeField(
        SchemaNode? node, JsonObject into, string name, JsonNode? value, JsonArray? order, List<string> gone)
    {
        var field = node?.Find(name);
        var shape = field?.Node ?? (node?.Type == SchemaType.Map ? node.Item : null);
        switch (value)
        {
            case JsonObject map when into[name] is JsonObject current && field is not { Replace: true }:
                into[name] = Merge(shape, current, map);
                break;
            case JsonArray list when field is { Merge: true }:
                into[name] = StrategicList.Merge(field, into[name] as JsonArray ?? [], list, order);
                break;
            case null or JsonObject when !IsKept(value):
                gone.Add(name);
                break;
            default:
                into[name] = Clean(value);
                break;
        }
    }

    /// <summary>False for what is not there: null, and whatever deletes.</summary>
    private static bool IsKept(JsonNode? value) => value is JsonObject map
        ? Directive(map) != "delete" : value is not null;

    private static JsonArray? Order(JsonObject patch, string name) =>
        !patch.TryGetPropertyValue(OrderPrefix + name, out var value) ? null
        : value as JsonArray ?? throw new InvalidDataException("invalid patch format of setElementOrder list");

    private static void Retain(JsonObject into, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(RetainKeys, out var listed))
        {
            return;
        }

        var keep = (listed as JsonArray ?? throw new InvalidDataException("invalid patch format of retainKeys"))
            .Select(JsonTree.AsText).ToHashSet();
        if (patch.Any(pair => pair.Value is not null && !pair.Key.StartsWith('$') && !keep.Contains(pair.Key)))
        {
            throw new InvalidDataException("invalid patch format of retainKeys");
        }

        into.RemoveAll([.. into.Select(pair => pair.Key).Where(name => !keep.Contains(name))]);
    }

    private static void DeletePrimitives(JsonObject into, string name, JsonNode? values)
    {
        var gone = values as JsonArray
            ?? throw new InvalidDataException("invalid patch format of primitive list");
        if (into[name] is JsonArray list)
        {
            var texts = gone.Select(StrategicList.Text).ToHashSet();
            into[name] = new JsonArray(
                [.. list.Where(item => !texts.Contains(StrategicList.Text(item))).Select(item => item?.DeepClone())]);
        }
    }
}
