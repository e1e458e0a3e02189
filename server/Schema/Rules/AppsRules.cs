using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What the kinds of apps/v1 must be besides what their description says; StatefulSet stands apart.</summary>
internal static class AppsRules
{
    public static void Deployment(JsonObject deployment, JsonObject? old, FieldErrors errors)
    {
        var spec = deployment.Object("spec") ?? [];
        SelectorRules.Check(spec, old.Object("spec"), "deployment", errors);
        Template(spec, old, "ReplicaSet", errors);
        RolloutRules.Deployment(spec.Object("strategy"), errors);
        if (spec.Number("progressDeadlineSeconds") is { } deadline
            && deadline <= (spec.Number("minReadySeconds") ?? 0))
        {
            errors.Invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        }
    }

    public static void ReplicaSet(JsonObject replicaSet, JsonObject? old, FieldErrors errors)
    {
        var spec = replicaSet.Object("spec") ?? [];
        // Upstream's message names the other kind here.
        SelectorRules.Check(spec, old.Object("spec"), "deployment", errors);
        Template(spec, old, "ReplicaSet", errors);
    }

    public static void DaemonSet(JsonObject daemonSet, JsonObject? old, FieldErrors errors)
    {
        var spec = daemonSet.Object("spec") ?? [];
        SelectorRules.Check(spec, old.Object("spec"), "daemonset", errors);
        Template(spec, old, "DaemonSet", errors);
        RolloutRules.DaemonSet(spec.Object("updateStrategy"), errors);
    }

    public static void ControllerRevision(JsonObject revision, JsonObject? old, FieldErrors errors)
    {
        if (revision["data"] is null)
        {
            errors.Required("data", "data is mandatory");
        }

        if (revision.Number("revision") < 0)
        {
            errors.Invalid("revision", revision["revision"], "must be greater than or equal to 0");
        }

        if (old is not null && !JsonTree.Same(old["data"], revision["data"]))
        {
            errors.Invalid("data", revision["data"], "field is immutable");
        }
    }

    private static void Template(JsonObject spec, JsonObject? old, string kind, FieldErrors errors)
    {
        var before = old.Object("spec").Object("template");
        TemplateRules.Check(spec.Object("template"), before, "spec.template", [], errors);
        TemplateRules.RunsForEver(spec.Object("template"), kind, errors);
    }
}
