using System.Text.Json;
using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.StatefulSets;

/// <summary>With whose deletion a claim goes (apps/v1 persistentVolumeClaimRetentionPolicy).</summary>
internal enum ClaimOwner
{
    Nobody,
    Set,
    Pod,
}

/// <summary>The claim that a number has for a volume.</summary>
internal sealed record VolumeClaim(string Volume, string Name, JsonElement Template);

/// <summary>The volume claims of a StatefulSet. Pure.</summary>
internal static class VolumeClaims
{
    /// <summary>One of each template, named after template, set and number.</summary>
    public static IEnumerable<VolumeClaim> Of(StatefulSet set, int ordinal) =>
        (set.Spec.VolumeClaimTemplates ?? []).Select(template =>
        {
            var volume = template.GetProperty("metadata").GetProperty("name").GetString()!;
            return new VolumeClaim(volume, $"{volume}-{Ordinals.PodName(set.Metadata, ordinal)}", template);
        });

    /// <summary>
    /// Names of the sets that a claim may be of: template and set have hyphens of their own, so there may be several.
    /// </summary>
    public static IEnumerable<string> SetsOf(string claim)
    {
        if (Ordinals.Split(claim) is not var (rest, _))
        {
            yield break;
        }

        for (var at = rest.IndexOf('-', StringComparison.Ordinal); at >= 0;
            at = rest.IndexOf('-', at + 1))
        {
            yield return rest[(at + 1)..];
        }
    }

    /// <summary>Whose a claim should be: a pod's once its number is too many, as far as the policy deletes.</summary>
    public static ClaimOwner OwnerFor(StatefulSet set, bool isInRange)
    {
        var policy = set.Spec.PersistentVolumeClaimRetentionPolicy;
        var (deleted, scaled) = (policy?.WhenDeleted == "Delete", policy?.WhenScaled == "Delete");
        return scaled && !isInRange ? ClaimOwner.Pod
            : deleted && (isInRange || !scaled) ? ClaimOwner.Set
            : ClaimOwner.Nobody;
    }

    /// <summary>Whose it is: null for one that another controller manages, which is left alone.</summary>
    public static ClaimOwner? OwnerOf(PersistentVolumeClaim claim, StatefulSet set, PodView? pod)
    {
        var owners = claim.Metadata.OwnerReferences ?? [];
        var own = ClaimOwner.Nobody;
        foreach (var owner in owners)
        {
            if (owner.Uid == set.Metadata.Uid)
            {
                own = ClaimOwner.Set;
            }
            else if (pod is not null && owner.Uid == pod.Uid)
            {
                own = ClaimOwner.Pod;
            }
            else if (owner.Controller == true)
            {
                return null;
            }
        }

        return own;
    }

    /// <summary>
    /// It is on its way out, or will be, because it goes with an earlier pod of the name: a new pod must not take it.
    /// </summary>
    public static bool IsLeaving(PersistentVolumeClaim claim, string pod) =>
        claim.Metadata.DeletionTimestamp is not null
        || (claim.Metadata.OwnerReferences ?? []).Any(owner => owner.Kind == "Pod" && owner.Name == pod);

    /// <summary>The pod's volumes are those of its number's claims.</summary>
    public static bool AreUsedBy(PodView pod, StatefulSet set, int ordinal) =>
        Of(set, ordinal).All(claim => pod.Claims?.GetValueOrDefault(claim.Volume) == claim.Name);
}
