using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>ReplicationController and PodTemplate: what they must be, and what is filled in (core/v1).</summary>
internal static class ReplicationRules
{
    private static readonly string[] s_always = ["Always"];

    /// <summary>A controller without selector or labels takes those of its template.</summary>
    public static void Fill(JsonObject controller)
    {
        var spec = controller.Ensure("spec");
        if (spec.Object("template") is not { } template)
        {
            return;
        }

        PodDefaults.FillSpec(template.Ensure("spec"));
        if (template.Object("metadata").Object("labels") is not { Count: > 0 } labels)
        {
            return;
        }

        if (spec.Object("selector") is null or { Count: 0 })
        {
            spec["selector"] = labels.DeepClone();
        }

        var metadata = controller.Ensure("metadata");
        if (metadata.Object("labels") is null or { Count: 0 })
        {
            metadata["labels"] = labels.DeepClone();
        }
    }

    public static void Controller(JsonObject controller, JsonObject? old, FieldErrors errors)
    {
        const string path = "spec.template";
        var spec = controller.Object("spec") ?? [];
        if (spec.Object("selector") is null or { Count: 0 })
        {
            errors.Required("spec.selector");
        }

        if (spec.Object("template") is not { } template)
        {
            errors.Required(path);
            return;
        }

        MatchesTemplate(spec.Object("selector"), template, errors);
        TemplateRules.Check(template, old.Object("spec").Object("template"), path, [], errors);
        var pod = template.Object("spec");
        if (pod.Text("restartPolicy") != "Always")
        {
            errors.NotSupported($"{path}.spec.restartPolicy", pod?["restartPolicy"], s_always);
        }

        if (pod?["activeDeadlineSeconds"] is not null)
        {
            errors.Forbidden($"{path}.spec.activeDeadlineSeconds",
                "activeDeadlineSeconds in ReplicationController is not Supported");
        }
    }

    public static void PodTemplate(JsonObject podTemplate, JsonObject? old, FieldErrors errors) =>
        TemplateRules.Check(podTemplate.Object("template"), old.Object("template"), "template", [], errors);

    private static void MatchesTemplate(JsonObject? selector, JsonObject template, FieldErrors errors)
    {
        var labels = template.Object("metadata").Object("labels");
        foreach (var (key, value) in selector ?? [])
        {
            if (labels.Text(key) != JsonTree.AsText(value) || labels?.ContainsKey(key) != true)
            {
                errors.Invalid("spec.template.metadata.labels", labels,
                    "`selector` does not match template `labels`");
                return;
            }
        }
    }
}
