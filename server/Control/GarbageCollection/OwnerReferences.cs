using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Control.GarbageCollection;

/// <summary>
/// Edits the owners and finalizers of an object's tree; null where there is nothing to edit. Fields that are not ours
/// survive.
/// </summary>
internal static class OwnerReferences
{
    /// <summary>False when another object has taken the name since.</summary>
    public static bool IsUid(JsonObject tree, string uid) => Text(tree["metadata"], "uid") == uid;

    /// <summary>Without the owners that are to go.</summary>
    public static JsonObject? Without(JsonObject tree, Func<OwnerReference, bool> goes)
    {
        if (tree["metadata"]?["ownerReferences"] is not JsonArray owners)
        {
            return null;
        }

        return Keep(tree, "ownerReferences", owners.Where(owner => !goes(Read(owner))), owners.Count);
    }

    /// <summary>With blockOwnerDeletion taken from every owner.</summary>
    public static JsonObject? Unblocked(JsonObject tree)
    {
        if (tree["metadata"]?["ownerReferences"] is not JsonArray owners)
        {
            return null;
        }

        foreach (var owner in owners.OfType<JsonObject>())
        {
            if (owner.ContainsKey("blockOwnerDeletion"))
            {
                owner["blockOwnerDeletion"] = false;
            }
        }

        return tree;
    }

    public static JsonObject? WithoutFinalizer(JsonObject tree, string finalizer)
    {
        if (tree["metadata"]?["deletionTimestamp"] is null || tree["metadata"]?["finalizers"] is not JsonArray present)
        {
            return null;
        }

        return Keep(tree, "finalizers", present.Where(entry => entry?.ToString() != finalizer), present.Count);
    }

    private static JsonObject? Keep(JsonObject tree, string field, IEnumerable<JsonNode?> kept, int before)
    {
        var left = kept.Select(entry => entry?.DeepClone()).ToArray();
        if (left.Length == before)
        {
            return null;
        }

        var metadata = tree["metadata"]!.AsObject();
        metadata.Remove(field);
        if (left.Length > 0)
        {
            metadata[field] = new JsonArray(left);
        }

        return tree;
    }

    /// <summary>As <c>ObjectHead</c> reads it, so that the two compare equal.</summary>
    private static OwnerReference Read(JsonNode? owner) => new()
    {
        ApiVersion = Text(owner, "apiVersion"),
        Kind = Text(owner, "kind"),
        Name = Text(owner, "name"),
        Uid = Text(owner, "uid"),
        Controller = Flag(owner, "controller"),
        BlockOwnerDeletion = Flag(owner, "blockOwnerDeletion"),
    };

    private static string Text(JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static bool? Flag(JsonNode? node, string name) =>
        node is JsonObject obj && obj.TryGetPropertyValue(name, out var field)
            ? field is JsonValue value && value.TryGetValue<bool>(out var flag) && flag
            : null;
}
