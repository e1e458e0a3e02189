using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a Job says about failed pods (batch/v1 PodFailurePolicy).</summary>
internal static class FailurePolicyRules
{
    private const int MaxRules = 20;
    private const int MaxPatterns = 20;
    private const int MaxExitCodes = 255;

    private static readonly string[] _actions = ["Count", "FailIndex", "FailJob", "Ignore"];
    private static readonly string[] _operators = ["In", "NotIn"];
    private static readonly string[] _statuses = ["False", "True", "Unknown"];

    public static void Check(JsonObject spec, JsonObject policy, string path, FieldErrors errors)
    {
        var count = policy.Items("rules").Count;
        if (count > MaxRules)
        {
            errors.TooMany($"{path}.rules", count, MaxRules);
        }

        var pod = spec.Object("template").Object("spec");
        var containers = pod.Objects("containers").Concat(pod.Objects("initContainers"))
            .Select(container => container.Text("name")).ToHashSet();
        var at = 0;
        foreach (var rule in policy.Objects("rules"))
        {
            Rule(spec, rule, $"{path}.rules[{at++}]", containers, errors);
        }
    }

    private static void Rule(
        JsonObject spec, JsonObject rule, string path, HashSet<string> containers, FieldErrors errors)
    {
        Word(rule, "action", _actions, path, errors);
        if (rule.Text("action") == "FailIndex" && spec["backoffLimitPerIndex"] is null)
        {
            errors.Invalid($"{path}.action", rule["action"], "requires the backoffLimitPerIndex to be set");
        }

        var (codes, conditions) = (rule.Object("onExitCodes"), rule.Items("onPodConditions").Count);
        if (codes is not null)
        {
            ExitCodes(codes, $"{path}.onExitCodes", containers, errors);
        }

        if (conditions > MaxPatterns)
        {
            errors.TooMany($"{path}.onPodConditions", conditions, MaxPatterns);
        }

        var at = 0;
        foreach (var pattern in rule.Objects("onPodConditions"))
        {
            var inner = $"{path}.onPodConditions[{at++}]";
            errors.InvalidAll($"{inner}.type", pattern.Text("type"), Names.Qualified(pattern.Text("type")));
            Word(pattern, "status", _statuses, inner, errors);
        }

        if (codes is not null && conditions > 0)
        {
            errors.InvalidWhole(path, "specifying both OnExitCodes and OnPodConditions is not supported");
        }
        else if (codes is null && conditions == 0)
        {
            errors.InvalidWhole(path, "specifying one of OnExitCodes and OnPodConditions is required");
        }
    }

    private static void ExitCodes(JsonObject codes, string path, HashSet<string> containers, FieldErrors errors)
    {
        Word(codes, "operator", _operators, path, errors);
        if (codes["containerName"] is { } container && !containers.Contains(codes.Text("containerName")))
        {
            errors.Invalid($"{path}.containerName", container,
                "must be one of the container or initContainer names in the pod template");
        }

        var values = codes.Items("values");
        if (values.Count == 0)
        {
            errors.Invalid($"{path}.values", codes["values"], "at least one value is required");
        }
        else if (values.Count > MaxExitCodes)
        {
            errors.TooMany($"{path}.values", values.Count, MaxExitCodes);
        }

        var ordered = true;
        var seen = new HashSet<long>();
        for (var at = 0; at < values.Count; at++)
        {
            var value = JsonTree.AsLong(values[at]) ?? 0;
            if (codes.Text("operator") == "In" && value == 0)
            {
                errors.Invalid($"{path}.values[{at}]", 0, "must not be 0 for the In operator");
            }

            if (!seen.Add(value))
            {
                errors.Duplicate($"{path}.values[{at}]", value);
            }

            ordered &= at == 0 || JsonTree.AsLong(values[at - 1]) <= value;
        }

        if (!ordered)
        {
            errors.Invalid($"{path}.values", codes["values"], "must be ordered");
        }
    }

    private static void Word(JsonObject obj, string field, string[] allowed, string path, FieldErrors errors)
    {
        var word = obj.Text(field);
        if (word.Length == 0)
        {
            var list = string.Join(' ', allowed.Select(value => $"\"{value}\""));
            errors.Required($"{path}.{field}", $"valid values: [{list}]");
        }
        else if (!allowed.Contains(word))
        {
            errors.NotSupported($"{path}.{field}", word, allowed);
        }
    }
}
