using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What the pods that a workload makes must be. The paths of labels and annotations are upstream's.</summary>
internal static class TemplateRules
{
    private static readonly string[] _always = ["Always"];

    /// <param name="template">A pod template, with a pod's defaults.</param>
    /// <param name="old">The stored one; null on a create.</param>
    /// <param name="path">Where it stands.</param>
    /// <param name="claims">Volumes that the owner adds to its pods.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Check(
        JsonObject? template, JsonObject? old, string path, IEnumerable<string> claims, FieldErrors errors)
    {
        MetaRules.LabelMap(template.Object("metadata").Object("labels"), $"{path}.labels", errors);
        MetaRules.AnnotationMap(template.Object("metadata").Object("annotations"), $"{path}.annotations", errors);
        var spec = template.Object("spec") ?? [];
        PodRules.Spec(spec, $"{path}.spec", claims, errors);
        NeighbourRules.Check(spec, old.Object("spec"), labels: null, $"{path}.spec", errors);
        if (spec.Items("ephemeralContainers").Count > 0)
        {
            errors.Forbidden($"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template");
        }
    }

    /// <summary>The pods of apps/v1 run for ever.</summary>
    public static void RunsForEver(JsonObject? template, string kind, FieldErrors errors)
    {
        var spec = template.Object("spec");
        if (spec.Text("restartPolicy") != "Always")
        {
            errors.NotSupported("spec.template.spec.restartPolicy", spec?["restartPolicy"], _always);
        }

        if (spec?["activeDeadlineSeconds"] is not null)
        {
            errors.Forbidden("spec.template.spec.activeDeadlineSeconds",
                $"activeDeadlineSeconds in {kind} is not Supported");
        }
    }
}
