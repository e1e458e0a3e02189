using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What of a Job may change after it was made.</summary>
internal static class JobUpdateRules
{
    private static readonly string[] _afterTemplate =
        ["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"];

    public static void Check(JsonObject spec, JsonObject old, FieldErrors errors)
    {
        var before = old.Object("spec") ?? [];
        Completions(spec, before, errors);
        Same(spec, before, "selector", errors);
        if (!JsonTree.Same(spec["template"], Template(spec, before, IsWaiting(old))))
        {
            errors.Invalid("spec.template", spec["template"], "field is immutable");
        }

        foreach (var field in _afterTemplate)
        {
            Same(spec, before, field, errors);
        }
    }

    /// <summary>An indexed job may grow and shrink, as long as all its indexes run at the same time.</summary>
    private static void Completions(JsonObject spec, JsonObject before, FieldErrors errors)
    {
        if (spec.Text("completionMode") != "Indexed")
        {
            Same(spec, before, "completions", errors);
        }
        else if (spec.Number("completions") is { } completions && completions != before.Number("completions")
            && completions != spec.Number("parallelism"))
        {
            errors.Invalid("spec.completions", completions, "can only be modified in tandem with spec.parallelism");
        }
    }

    /// <summary>A queue may still decide where the pods of a job run that is suspended and never started.</summary>
    private static bool IsWaiting(JsonObject old) =>
        old.Object("spec").Flag("suspend") && old.Object("status")?["startTime"] is null;

    /// <summary>The old template, with the parts that may change taken from the new one.</summary>
    private static JsonNode? Template(JsonObject spec, JsonObject before, bool waiting)
    {
        if (!waiting || before.Object("template") is not { } old || spec.Object("template") is not { } next)
        {
            return before["template"];
        }

        var copy = old.Copy();
        var (pod, wanted) = (copy.Ensure("spec"), next.Object("spec"));
        foreach (var field in (string[])["nodeSelector", "tolerations", "schedulingGates"])
        {
            Take(pod, wanted, field);
        }

        if (wanted.Object("affinity").Object("nodeAffinity") is not null || pod["affinity"] is not null)
        {
            Take(pod.Ensure("affinity"), wanted.Object("affinity"), "nodeAffinity");
            if (wanted?["affinity"] is null && pod.Object("affinity") is { Count: 0 })
            {
                pod.Remove("affinity");
            }
        }

        if (copy["metadata"] is not null || next["metadata"] is not null)
        {
            Take(copy.Ensure("metadata"), next.Object("metadata"), "labels");
            Take(copy.Ensure("metadata"), next.Object("metadata"), "annotations");
        }

        return copy;
    }

    private static void Take(JsonObject to, JsonObject? from, string field)
    {
        if (from?[field] is { } value)
        {
            to[field] = value.DeepClone();
            return;
        }

        to.Remove(field);
    }

    private static void Same(JsonObject spec, JsonObject before, string field, FieldErrors errors)
    {
        if (!JsonTree.Same(spec[field], before[field]))
        {
            errors.Invalid($"spec.{field}", spec[field], "field is immutable");
        }
    }
}
