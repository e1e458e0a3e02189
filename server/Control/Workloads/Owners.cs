using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.Workloads;

/// <summary>Owner references between a controller's object and what it manages (meta/v1 OwnerReference).</summary>
internal static class Owners
{
    /// <summary>The one owner that manages the object; at most one reference says controller.</summary>
    public static OwnerReference? ControllerOf(ObjectMeta meta)
    {
        foreach (var owner in meta.OwnerReferences ?? [])
        {
            if (owner.Controller == true)
            {
                return owner;
            }
        }

        return null;
    }

    public static bool IsControlledBy(ObjectMeta meta, string? uid) =>
        uid is not null && ControllerOf(meta)?.Uid == uid;

    /// <summary>A reference by which the owner manages and, in foreground, waits for the dependent.</summary>
    public static JsonObject Reference<T>(ResourceKind<T> kind, ObjectMeta owner) => new()
    {
        ["apiVersion"] = kind.ApiVersion,
        ["kind"] = kind.Kind,
        ["name"] = owner.Name,
        ["uid"] = owner.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    /// <summary>
    /// Puts the reference on a stored object; null when that is another one by now, is managed by somebody or goes.
    /// </summary>
    public static JsonObject? Adopt(JsonObject obj, string uid, JsonObject reference)
    {
        var metadata = obj["metadata"]!.AsObject();
        if (metadata["uid"]?.GetValue<string>() != uid || metadata["deletionTimestamp"] is not null)
        {
            return null;
        }

        var owners = metadata["ownerReferences"] as JsonArray ?? [];
        if (owners.Any(owner => owner?["controller"] is JsonValue flag && flag.GetValue<bool>()))
        {
            return null;
        }

        var kept = owners.Where(owner => owner?["uid"]?.ToString() != reference["uid"]?.ToString())
            .Select(owner => owner?.DeepClone());
        metadata["ownerReferences"] = new JsonArray([.. kept, reference.DeepClone()]);
        return obj;
    }

    /// <summary>Takes the owner's reference off a stored object; null when there is nothing to take.</summary>
    public static JsonObject? Release(JsonObject obj, string uid, string ownerUid)
    {
        var metadata = obj["metadata"]!.AsObject();
        if (metadata["uid"]?.GetValue<string>() != uid || metadata["ownerReferences"] is not JsonArray owners)
        {
            return null;
        }

        var kept = owners.Where(owner => owner?["uid"]?.ToString() != ownerUid).ToList();
        if (kept.Count == owners.Count)
        {
            return null;
        }

        metadata.Remove("ownerReferences");
        if (kept.Count > 0)
        {
            metadata["ownerReferences"] = new JsonArray([.. kept.Select(owner => owner?.DeepClone())]);
        }

        return obj;
    }
}
