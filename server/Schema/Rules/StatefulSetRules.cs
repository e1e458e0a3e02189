using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a StatefulSet must be besides what its description says, and the few fields that may change.</summary>
internal static class StatefulSetRules
{
    private const string UpdateRule = "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
        + "'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
        + "'minReadySeconds' are forbidden";

    private static readonly string[] _mayChange =
    [
        "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
    ];

    private static readonly string[] _retention = ["Retain", "Delete"];

    public static void Check(JsonObject statefulSet, JsonObject? old, FieldErrors errors)
    {
        var spec = statefulSet.Object("spec") ?? [];
        if (spec.Text("podManagementPolicy") is not ("OrderedReady" or "Parallel"))
        {
            errors.Invalid("spec.podManagementPolicy", spec["podManagementPolicy"],
                "must be 'OrderedReady' or 'Parallel'");
        }

        RolloutRules.StatefulSet(spec.Object("updateStrategy"), errors);
        Retention(spec.Object("persistentVolumeClaimRetentionPolicy"), errors);
        // What may change is said by one rule for the whole spec.
        SelectorRules.Check(spec, null, "statefulset", errors);
        var claims = spec.Objects("volumeClaimTemplates").Select(claim => claim.Object("metadata").Text("name"));
        var before = old.Object("spec").Object("template");
        TemplateRules.Check(spec.Object("template"), before, "spec.template", claims, errors);
        TemplateRules.RunsForEver(spec.Object("template"), "StatefulSet", errors);
        if (old is not null && !JsonTree.Same(Fixed(spec), Fixed(old.Object("spec") ?? [])))
        {
            errors.Forbidden("spec", UpdateRule);
        }
    }

    private static void Retention(JsonObject? policy, FieldErrors errors)
    {
        foreach (var field in (string[])["whenDeleted", "whenScaled"])
        {
            if (policy is not null && !_retention.Contains(policy.Text(field)))
            {
                errors.NotSupportedInOrder(
                    $"spec.persistentVolumeClaimRetentionPolicy.{field}", policy[field], _retention);
            }
        }
    }

    private static JsonObject Fixed(JsonObject spec)
    {
        var copy = spec.Copy();
        foreach (var field in _mayChange)
        {
            copy.Remove(field);
        }

        return copy;
    }
}
