using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a ResourceQuota may limit and which scopes go together (core/v1).</summary>
internal static class QuotaRules
{
    private static readonly string[] s_scopes =
    [
        "Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass",
        "CrossNamespacePodAffinity", "VolumeAttributesClass",
    ];

    private static readonly (string, string)[] s_opposites =
        [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")];

    public static void Check(JsonObject quota, JsonObject? old, FieldErrors errors)
    {
        var spec = quota.Object("spec") ?? [];
        Amounts(spec.Object("hard"), "spec.hard", errors);
        if (spec.Items("scopes").Count > 0)
        {
            Scopes(spec, errors);
        }

        Terms(spec, errors);
        if (old is not null && !Texts(spec).ToHashSet().SetEquals(Texts(old.Object("spec"))))
        {
            errors.Invalid("spec.scopes", spec["scopes"], "field is immutable");
        }
    }

    private static void Amounts(JsonObject? amounts, string path, FieldErrors errors)
    {
        foreach (var (name, amount) in amounts ?? [])
        {
            var inner = $"{path}[{name}]";
            ResourceNames.Check(name, inner, errors);
            if (!name.Contains('/', StringComparison.Ordinal) && !ResourceNames.IsOfQuota(name))
            {
                errors.Invalid(inner, name, "must be a standard resource for quotas");
            }

            ResourceNames.CheckAmount(name, amount, inner, errors);
        }
    }

    private static IEnumerable<string> Texts(JsonObject? spec) =>
        spec.Items("scopes").Select(scope => JsonTree.AsText(scope) ?? "");

    private static void Scopes(JsonObject spec, FieldErrors errors)
    {
        const string path = "spec.scopes";
        var scopes = Texts(spec).ToHashSet();
        foreach (var scope in scopes)
        {
            if (!s_scopes.Contains(scope))
            {
                errors.Invalid(path, spec["scopes"], "unsupported scope");
            }

            Fits(spec, scope, path, spec["scopes"], errors);
        }

        Opposites(scopes, path, spec["scopes"], errors);
    }

    private static void Terms(JsonObject spec, FieldErrors errors)
    {
        const string path = "spec.scopeSelector.matchExpressions";
        if (spec.Object("scopeSelector") is not { } selector)
        {
            return;
        }

        var scopes = new HashSet<string>();
        foreach (var term in selector.Objects("matchExpressions"))
        {
            var scope = term.Text("scopeName");
            scopes.Add(scope);
            if (!s_scopes.Contains(scope))
            {
                errors.Invalid($"{path}.scopeName", scope, "unsupported scope");
            }

            Fits(spec, scope, path, selector, errors);
            Operator(term, scope, path, errors);
        }

        Opposites(scopes, path, spec["scopeSelector"], errors);
    }

    private static void Operator(JsonObject term, string scope, string path, FieldErrors errors)
    {
        var (word, values) = (term.Text("operator"), term.Items("values").Count);
        if (scope is not ("PriorityClass" or "VolumeAttributesClass") && word != "Exists")
        {
            errors.Invalid($"{path}.operator", word, "must be 'Exist' when scope is any of "
                + "ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                + "ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity");
        }

        switch (word)
        {
            case "In" or "NotIn" when values == 0:
                errors.Required($"{path}.values",
                    "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
                break;
            case "Exists" or "DoesNotExist" when values > 0:
                errors.Invalid($"{path}.values", term["values"],
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
                break;
            case not ("In" or "NotIn" or "Exists" or "DoesNotExist"):
                errors.Invalid($"{path}.operator", word, "not a valid selector operator");
                break;
        }
    }

    /// <summary>Scopes are about pods, so that only what pods have can be limited under them.</summary>
    private static void Fits(JsonObject spec, string scope, string path, JsonNode? shown, FieldErrors errors)
    {
        foreach (var (name, _) in spec.Object("hard") ?? [])
        {
            var fits = scope switch
            {
                "BestEffort" => name == "pods",
                "VolumeAttributesClass" => name is "persistentvolumeclaims" or "requests.storage",
                _ => name == "pods" || ResourceNames.IsCompute(name),
            };
            if (ResourceNames.IsOfQuota(name) && !fits)
            {
                errors.Invalid(path, shown, "unsupported scope applied to resource");
            }
        }
    }

    private static void Opposites(HashSet<string> scopes, string path, JsonNode? shown, FieldErrors errors)
    {
        foreach (var (one, other) in s_opposites)
        {
            if (scopes.Contains(one) && scopes.Contains(other))
            {
                errors.Invalid(path, shown, "conflicting scopes");
            }
        }
    }
}
