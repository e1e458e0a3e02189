using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What an autoscaler must be (autoscaling/v2): bounds, a target, and rules that can be kept.</summary>
internal static class HpaRules
{
    private const int WindowSecondsMax = 3600;
    private const int PeriodSecondsMax = 1800;

    private static readonly string[] s_select = ["Max", "Min", "Disabled"];
    private static readonly string[] s_policies = ["Pods", "Percent"];

    public static void Check(JsonObject hpa, FieldErrors errors)
    {
        var spec = hpa.Object("spec") ?? [];
        var (min, max) = (spec.Number("minReplicas"), spec.Number("maxReplicas") ?? 0);
        if (min < 1)
        {
            errors.Invalid("spec.minReplicas", min, "must be greater than or equal to 1");
        }

        if (max < 1)
        {
            errors.Invalid("spec.maxReplicas", max, "must be greater than 0");
        }

        if (max < min)
        {
            errors.Invalid("spec.maxReplicas", max, "must be greater than or equal to `minReplicas`");
        }

        Reference(spec.Object("scaleTargetRef"), "spec.scaleTargetRef", errors);
        var at = 0;
        foreach (var metric in spec.Objects("metrics"))
        {
            HpaMetricRules.Check(metric, $"spec.metrics[{at++}]", errors);
        }

        foreach (var direction in (string[])["scaleUp", "scaleDown"])
        {
            if (spec.Object("behavior").Object(direction) is { } rules)
            {
                Scaling(rules, $"spec.behavior.{direction}", errors);
            }
        }
    }

    public static void Reference(JsonObject? target, string path, FieldErrors errors)
    {
        foreach (var field in (string[])["kind", "name"])
        {
            var text = target.Text(field);
            if (text.Length == 0)
            {
                errors.Required($"{path}.{field}");
            }

            errors.InvalidAll($"{path}.{field}", text, Names.PathSegment(text));
        }
    }

    private static void Scaling(JsonObject rules, string path, FieldErrors errors)
    {
        var window = rules.Number("stabilizationWindowSeconds");
        if (window < 0)
        {
            errors.Invalid($"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero");
        }

        if (window > WindowSecondsMax)
        {
            errors.Invalid($"{path}.stabilizationWindowSeconds", window,
                $"must be less than or equal to {WindowSecondsMax}");
        }

        if (rules["selectPolicy"] is { } select && !s_select.Contains(JsonTree.AsText(select)))
        {
            errors.NotSupported($"{path}.selectPolicy", select, s_select);
        }

        if (rules.Items("policies").Count == 0)
        {
            errors.Required($"{path}.policies", "must specify at least one Policy");
        }

        var at = 0;
        foreach (var policy in rules.Objects("policies"))
        {
            Policy(policy, $"{path}.policies[{at++}]", errors);
        }
    }

    private static void Policy(JsonObject policy, string path, FieldErrors errors)
    {
        if (!s_policies.Contains(policy.Text("type")))
        {
            errors.NotSupported($"{path}.type", policy.Text("type"), s_policies);
        }

        if (policy.Number("value") is null or <= 0)
        {
            errors.Invalid($"{path}.value", policy.Number("value") ?? 0, "must be greater than zero");
        }

        var period = policy.Number("periodSeconds") ?? 0;
        if (period <= 0)
        {
            errors.Invalid($"{path}.periodSeconds", period, "must be greater than zero");
        }

        if (period > PeriodSecondsMax)
        {
            errors.Invalid($"{path}.periodSeconds", period, $"must be less than or equal to {PeriodSecondsMax}");
        }
    }
}
