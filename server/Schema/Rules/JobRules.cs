using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a Job must be besides what its description says.</summary>
internal static class JobRules
{
    /// <summary>More pods at a time would make status.completedIndexes too long.</summary>
    public const int MaxIndexedParallelism = 100_000;

    /// <summary>Above it an index's own limits must bound the work.</summary>
    public const int ManyCompletions = 100_000;

    /// <summary>Pods at a time, and failed indexes, of a job with many completions.</summary>
    public const int MaxWithManyCompletions = 10_000;

    private static readonly string[] _modes = ["NonIndexed", "Indexed"];
    private static readonly string[] _restart = ["OnFailure", "Never"];
    private static readonly string[] _replacement = ["Failed", "TerminatingOrFailed"];

    public static void Check(JsonObject job, JsonObject? old, FieldErrors errors)
    {
        var spec = job.Object("spec") ?? [];
        if (old is null)
        {
            JobLabelRules.Check(job, errors);
        }

        Spec(spec, old.Object("spec"), "spec", errors);
        if (spec.Object("selector") is { } selector)
        {
            SelectorRules.Terms(selector, "spec.selector", errors);
        }
        else
        {
            errors.Required("spec.selector");
        }

        SelectorRules.MatchesTemplate(spec, errors);
        if (old is null)
        {
            HostNames(job, spec, errors);
        }
        else
        {
            JobUpdateRules.Check(spec, old, errors);
        }
    }

    /// <summary>The rules of a job's spec wherever it stands; <c>old</c> is the stored one, null on a create.</summary>
    public static void Spec(JsonObject spec, JsonObject? old, string path, FieldErrors errors)
    {
        if (spec["maxFailedIndexes"] is not null && spec["backoffLimitPerIndex"] is null)
        {
            errors.Required($"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified");
        }

        ManagedByRules.Check(spec["managedBy"], $"{path}.managedBy", errors);
        Mode(spec, path, errors);
        if (spec.Object("podFailurePolicy") is { } failure)
        {
            FailurePolicyRules.Check(spec, failure, $"{path}.podFailurePolicy", errors);
        }

        SuccessPolicyRules.Check(spec, $"{path}.successPolicy", errors);
        Replacement(spec, $"{path}.podReplacementPolicy", errors);
        TemplateRules.Check(spec.Object("template"), old.Object("template"), $"{path}.template", [], errors);
        Restart(spec, $"{path}.template.spec.restartPolicy", errors);
    }

    private static void Mode(JsonObject spec, string path, FieldErrors errors)
    {
        switch (spec.Text("completionMode"))
        {
            case "Indexed":
                Indexed(spec, path, errors);
                break;
            case "" or "NonIndexed":
                foreach (var field in (string[])["backoffLimitPerIndex", "maxFailedIndexes"])
                {
                    if (spec[field] is { } value)
                    {
                        errors.Invalid($"{path}.{field}", value, "requires indexed completion mode");
                    }
                }

                break;
            default:
                errors.NotSupportedInOrder($"{path}.completionMode", spec["completionMode"], _modes);
                break;
        }
    }

    private static void Indexed(JsonObject spec, string path, FieldErrors errors)
    {
        var (completions, parallelism) = (spec.Number("completions"), spec.Number("parallelism"));
        var failed = spec.Number("maxFailedIndexes");
        if (completions is null)
        {
            errors.Required($"{path}.completions", "when completion mode is Indexed");
        }

        if (parallelism > MaxIndexedParallelism)
        {
            errors.Invalid($"{path}.parallelism", parallelism,
                $"must be less than or equal to {MaxIndexedParallelism} when completion mode is Indexed");
        }

        if (failed > completions)
        {
            errors.Invalid($"{path}.maxFailedIndexes", failed, "must be less than or equal to completions");
        }

        if (failed > MaxIndexedParallelism)
        {
            errors.Invalid(
                $"{path}.maxFailedIndexes", failed, $"must be less than or equal to {MaxIndexedParallelism}");
        }

        if (completions > ManyCompletions && spec["backoffLimitPerIndex"] is not null)
        {
            ManyIndexes(failed, parallelism, path, errors);
        }
    }

    private static void ManyIndexes(long? failed, long? parallelism, string path, FieldErrors errors)
    {
        var rule = $"must be less than or equal to {MaxWithManyCompletions} when completions are above "
            + $"{ManyCompletions} and used with backoff limit per index";
        if (failed is null)
        {
            errors.Required(
                $"{path}.maxFailedIndexes", $"must be specified when completions is above {ManyCompletions}");
        }

        if (parallelism > MaxWithManyCompletions)
        {
            errors.Invalid($"{path}.parallelism", parallelism, rule);
        }

        if (failed > MaxWithManyCompletions)
        {
            errors.Invalid($"{path}.maxFailedIndexes", failed, rule);
        }
    }

    private static void Replacement(JsonObject spec, string path, FieldErrors errors)
    {
        var allowed = spec["podFailurePolicy"] is null ? _replacement : _replacement[..1];
        if (spec["podReplacementPolicy"] is { } policy && !allowed.Contains(JsonTree.AsText(policy)))
        {
            errors.NotSupported(path, policy, allowed);
        }
    }

    private static void Restart(JsonObject spec, string path, FieldErrors errors)
    {
        var policy = spec.Object("template").Object("spec").Text("restartPolicy");
        if (policy is "" or "Always")
        {
            errors.Required(path, "valid values: \"OnFailure\", \"Never\"");
        }
        else if (!_restart.Contains(policy))
        {
            errors.NotSupportedInOrder(path, policy, _restart);
        }
        else if (policy != "Never" && spec["podFailurePolicy"] is not null)
        {
            errors.Invalid(path, policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
    }

    /// <summary>The pods of an indexed job are named and addressed by index.</summary>
    private static void HostNames(JsonObject job, JsonObject spec, FieldErrors errors)
    {
        var completions = spec.Number("completions") ?? 0;
        if (spec.Text("completionMode") != "Indexed" || completions == 0)
        {
            return;
        }

        var name = job.Object("metadata").Text("name");
        var longest = $"{name}-{completions - 1}";
        if (Names.Label(longest).Any())
        {
            errors.Invalid("metadata.name", name, $"will not able to create pod with invalid DNS label: {longest}");
        }
    }
}
