using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>A workload's selector: well formed, not empty, fixed, and one that its template's labels match.</summary>
internal static class SelectorRules
{
    /// <param name="spec">The part that has <c>selector</c> and <c>template</c>.</param>
    /// <param name="old">The same part of the stored object; null on a create.</param>
    /// <param name="kind">The kind as Kubernetes' message names it.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Check(JsonObject spec, JsonObject? old, string kind, FieldErrors errors)
    {
        var selector = spec.Object("selector");
        if (selector is not null)
        {
            Terms(selector, "spec.selector", errors);
            if (selector.Object("matchLabels") is null or { Count: 0 } && selector.Items("matchExpressions").Count == 0)
            {
                errors.Invalid("spec.selector", selector, $"empty selector is invalid for {kind}");
            }
        }

        MatchesTemplate(spec, errors);
        if (old is not null && !JsonTree.Same(old["selector"], spec["selector"]))
        {
            errors.Invalid("spec.selector", selector, "field is immutable");
        }
    }

    /// <summary>No selector chooses nothing.</summary>
    public static void MatchesTemplate(JsonObject spec, FieldErrors errors)
    {
        var labels = spec.Object("template").Object("metadata").Object("labels");
        if (!Chooses(spec.Object("selector"), labels))
        {
            errors.Invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
        }
    }

    public static bool Chooses(JsonObject? selector, JsonObject? labels) =>
        selector?.Deserialize(ModelJson.Default.LabelSelector) is { } parsed
        && parsed.Matches(labels?.ToDictionary(pair => pair.Key, pair => JsonTree.AsText(pair.Value) ?? ""));

    /// <summary>The rules of any label selector (meta/v1 ValidateLabelSelector).</summary>
    public static void Terms(JsonObject selector, string path, FieldErrors errors)
    {
        MetaRules.LabelMap(selector.Object("matchLabels"), $"{path}.matchLabels", errors);
        var at = 0;
        foreach (var term in selector.Objects("matchExpressions"))
        {
            Term(term, $"{path}.matchExpressions[{at++}]", errors);
        }
    }

    private static void Term(JsonObject term, string path, FieldErrors errors)
    {
        var values = term.Items("values");
        switch (term.Text("operator"))
        {
            case "In" or "NotIn" when values.Count == 0:
                errors.Required($"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist" when values.Count > 0:
                errors.Forbidden(
                    $"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case not ("" or "In" or "NotIn" or "Exists" or "DoesNotExist"):
                errors.Invalid($"{path}.operator", term["operator"], "not a valid selector operator");
                break;
        }

        for (var at = 0; at < values.Count; at++)
        {
            errors.InvalidAll($"{path}.values[{at}]", values[at], Names.LabelValue(JsonTree.AsText(values[at]) ?? ""));
        }
    }
}
