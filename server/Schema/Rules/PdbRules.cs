using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a disruption budget must say: one bound at most, a selector, and a policy that is known.</summary>
internal static class PdbRules
{
    private static readonly string[] s_policies = ["AlwaysAllow", "IfHealthyBudget"];

    public static void Check(JsonObject budget, FieldErrors errors)
    {
        var spec = budget.Object("spec") ?? [];
        if (spec["minAvailable"] is not null && spec["maxUnavailable"] is not null)
        {
            errors.Invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
        }

        foreach (var field in (string[])["minAvailable", "maxUnavailable"])
        {
            RolloutRules.Bound(spec[field], $"spec.{field}", errors);
            RolloutRules.AtMostAll(spec[field], $"spec.{field}", errors);
        }

        if (spec.Object("selector") is { } selector)
        {
            SelectorRules.Terms(selector, "spec.selector", errors);
        }

        if (spec["unhealthyPodEvictionPolicy"] is { } policy && !s_policies.Contains(JsonTree.AsText(policy)))
        {
            errors.NotSupported("spec.unhealthyPodEvictionPolicy", policy, s_policies);
        }
    }
}
