using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The labels and the selector that <see cref="JobSelector"/> makes, where somebody set others.</summary>
internal static class JobLabelRules
{
    public static void Check(JsonObject job, FieldErrors errors)
    {
        var spec = job.Object("spec");
        if (spec.Flag("manualSelector") || spec.Object("selector") is not { } selector)
        {
            return;
        }

        var expected = new JsonObject();
        var labels = spec.Object("template").Object("metadata").Object("labels");
        foreach (var (label, value) in JobSelector.Expected(job))
        {
            expected[label] = value;
            var path = $"spec.template.metadata.labels[{label}]";
            if (labels?[label] is null)
            {
                errors.Required(path, $"must be '{value}'");
            }
            else if (labels.Text(label) != value)
            {
                errors.Invalid(path, labels, $"must be '{value}'");
            }
        }

        if (!SelectorRules.Chooses(selector, expected))
        {
            errors.Invalid("spec.selector", selector, "`selector` not auto-generated");
        }
    }
}
