using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Tolerations and node affinity.</summary>
internal static class PlacementRules
{
    private static readonly string[] _operators = ["Equal", "Exists"];

    public static void Check(JsonObject spec, string specPath, FieldErrors errors)
    {
        var at = 0;
        foreach (var toleration in spec.Objects("tolerations"))
        {
            Toleration(toleration, $"{specPath}.tolerations[{at++}]", errors);
        }

        var path = $"{specPath}.affinity.nodeAffinity";
        var affinity = spec.Object("affinity").Object("nodeAffinity");
        Terms(affinity.Object("requiredDuringSchedulingIgnoredDuringExecution"),
            $"{path}.requiredDuringSchedulingIgnoredDuringExecution", errors);

        at = 0;
        foreach (var preferred in affinity.Objects("preferredDuringSchedulingIgnoredDuringExecution"))
        {
            Term(preferred.Object("preference"), $"{specPath}.affinity.nodeAffinity."
                + $"preferredDuringSchedulingIgnoredDuringExecution[{at++}].preference", errors);
        }
    }

    /// <summary>The terms of a node selector, if there is one.</summary>
    public static void Terms(JsonObject? selector, string path, FieldErrors errors)
    {
        var at = 0;
        foreach (var term in selector.Objects("nodeSelectorTerms"))
        {
            Term(term, $"{path}.nodeSelectorTerms[{at++}]", errors);
        }
    }

    private static void Toleration(JsonObject toleration, string path, FieldErrors errors)
    {
        var (key, word) = (toleration.Text("key"), toleration.Text("operator"));
        if (key.Length == 0 && word != "Exists")
        {
            errors.Invalid($"{path}.operator", word, "operator must be Exists when `key` is empty, which means "
                + "\"match all values and all keys\"");
        }

        if (toleration["tolerationSeconds"] is not null && toleration.Text("effect") is not ("" or "NoExecute"))
        {
            errors.Invalid($"{path}.effect", toleration.Text("effect"),
                "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }

        if (word is "" or "Equal")
        {
            errors.InvalidAll($"{path}.operator", toleration.Text("value"), Names.LabelValue(toleration.Text("value")));
        }
        else if (word != "Exists")
        {
            errors.NotSupported($"{path}.operator", word, _operators);
        }
        else if (toleration.Text("value").Length > 0)
        {
            errors.Invalid($"{path}.operator", toleration.Copy(),
                "value must be empty when `operator` is 'Exists'");
        }
    }

    private static void Term(JsonObject? term, string path, FieldErrors errors)
    {
        foreach (var list in (string[])["matchExpressions", "matchFields"])
        {
            var at = 0;
            foreach (var requirement in term.Objects(list))
            {
                Requirement(requirement, $"{path}.{list}[{at++}].values", errors);
            }
        }
    }

    private static void Requirement(JsonObject requirement, string path, FieldErrors errors)
    {
        var count = requirement.Items("values").Count;
        switch (requirement.Text("operator"))
        {
            case "In" or "NotIn" when count == 0:
                errors.Required(path, "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist" when count > 0:
                errors.Forbidden(path, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case "Gt" or "Lt" when count != 1:
                errors.Required(path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
                break;
        }
    }
}
