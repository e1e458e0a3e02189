using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The few fields of a pod that may change after it was made.</summary>
internal static class PodUpdateRules
{
    private const string Rule = "pod updates may not change fields other than `spec.containers[*].image`,"
        + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
        + "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    public static void Check(JsonObject pod, JsonObject? old, FieldErrors errors)
    {
        if (pod.Object("spec") is not { } spec || old.Object("spec") is not { } before)
        {
            return;
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            if (spec.Items(list).Count != before.Items(list).Count)
            {
                errors.Forbidden($"spec.{list}", "pod updates may not add or remove containers");
                return;
            }
        }

        Deadline(spec, before, errors);
        Tolerations(spec, before, errors);
        if (old.At("metadata.deletionTimestamp") is not null
            && !JsonTree.Same(spec["tolerations"], before["tolerations"]))
        {
            // Ours: the lease of a pod counts by what its node knows, and a node that is away knows of the deletion or
            // of the toleration, but nobody could tell which (TaintEvictionPlan).
            errors.Forbidden("spec.tolerations", "tolerations of a pod that is being deleted can not be modified");
        }

        var changed = Changed(spec, before);
        if (changed.Count > 0)
        {
            errors.Forbidden("spec", $"{Rule}\nchanged: {string.Join(", ", changed.Select(name => $"spec.{name}"))}");
        }
    }

    private static void Deadline(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        const string path = "spec.activeDeadlineSeconds";
        if (before.Number("activeDeadlineSeconds") is not { } old)
        {
            return;
        }

        var now = spec.Number("activeDeadlineSeconds");
        if (now is null)
        {
            errors.Invalid(path, null, "must not update from a positive integer to nil value");
        }
        else if (now > old)
        {
            errors.Invalid(path, spec["activeDeadlineSeconds"], "must be less than or equal to previous value");
        }
    }

    private static void Tolerations(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        var now = spec.Objects("tolerations").Select(WithoutSeconds).ToList();
        if (!before.Objects("tolerations").All(old => now.Exists(item => JsonTree.Same(item, WithoutSeconds(old)))))
        {
            errors.Forbidden("spec.tolerations",
                "existing toleration can not be modified except its tolerationSeconds");
        }
    }

    private static JsonObject WithoutSeconds(JsonObject toleration)
    {
        var copy = toleration.Copy();
        copy.Remove("tolerationSeconds");
        return copy;
    }

    /// <summary>The fields of the spec that differ once what may change is made equal.</summary>
    private static List<string> Changed(JsonObject spec, JsonObject before)
    {
        var (left, right) = (Fixed(spec), Fixed(before));
        if (before.Number("terminationGracePeriodSeconds") < 0 && spec.Number("terminationGracePeriodSeconds") == 1)
        {
            left["terminationGracePeriodSeconds"] = before["terminationGracePeriodSeconds"]!.DeepClone();
        }

        return [.. left.Select(pair => pair.Key).Union(right.Select(pair => pair.Key))
            .Where(name => !JsonTree.Same(left[name], right[name])).Order(StringComparer.Ordinal)];
    }

    private static JsonObject Fixed(JsonObject spec)
    {
        var copy = spec.Copy();
        copy.Remove("activeDeadlineSeconds");
        copy.Remove("tolerations");
        foreach (var container in copy.Objects("containers").Concat(copy.Objects("initContainers")))
        {
            container.Remove("image");
        }

        return copy;
    }
}
