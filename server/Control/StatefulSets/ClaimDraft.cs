using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.StatefulSets;

/// <summary>The stored form of a StatefulSet's volume claims. Pure; trees in place.</summary>
internal static class ClaimDraft
{
    /// <param name="set">The set.</param>
    /// <param name="claim">Which claim.</param>
    /// <param name="owner">The reference to whom it goes with, or null.</param>
    /// <param name="uid">Its uid.</param>
    /// <param name="now">When it is made.</param>
    public static JsonObject Of(
        StatefulSet set, VolumeClaim claim, JsonObject? owner, string uid, DateTimeOffset now)
    {
        var template = JsonObject.Create(claim.Template)!.DeepClone().AsObject();
        var labels = template["metadata"]?["labels"]?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in set.Spec.Selector?.MatchLabels ?? new Dictionary<string, string>())
        {
            labels[name] = value;
        }

        var metadata = new JsonObject
        {
            ["name"] = claim.Name,
            ["namespace"] = set.Metadata.Namespace,
            ["uid"] = uid,
            ["creationTimestamp"] = TimeJson.Text(now),
            ["labels"] = labels,
        };
        if (template["metadata"]?["annotations"] is { } annotations)
        {
            metadata["annotations"] = annotations.DeepClone();
        }

        if (owner is not null)
        {
            metadata["ownerReferences"] = new JsonArray(owner);
        }

        return new JsonObject
        {
            ["apiVersion"] = Resources.PersistentVolumeClaims.ApiVersion,
            ["kind"] = Resources.PersistentVolumeClaims.Kind,
            ["metadata"] = metadata,
            ["spec"] = template["spec"]?.DeepClone() ?? new JsonObject(),
            ["status"] = new JsonObject { ["phase"] = "Pending" },
        };
    }

    /// <summary>Takes the references to the set and to the pod off and puts the one that is wanted on.</summary>
    public static JsonObject Own(JsonObject claim, StatefulSet set, PodView? pod, JsonObject? owner)
    {
        var metadata = claim["metadata"]!.AsObject();
        var kept = (metadata["ownerReferences"] as JsonArray ?? [])
            .Where(one => one?["uid"]?.ToString() is var uid && uid != set.Metadata.Uid && uid != pod?.Uid)
            .Select(one => one?.DeepClone()).ToList();
        if (owner is not null)
        {
            kept.Add(owner);
        }

        metadata.Remove("ownerReferences");
        if (kept.Count > 0)
        {
            metadata["ownerReferences"] = new JsonArray([.. kept]);
        }

        return claim;
    }

    /// <summary>The reference for an owner; null for nobody.</summary>
    public static JsonObject? Reference(ClaimOwner owner, StatefulSet set, PodView? pod) => owner switch
    {
        ClaimOwner.Set => Owners.Reference(Resources.StatefulSets, set.Metadata),
        ClaimOwner.Pod when pod is not null =>
            Owners.Reference(Resources.Pods, new ObjectMeta { Name = pod.Name, Uid = pod.Uid }),
        _ => null,
    };
}
