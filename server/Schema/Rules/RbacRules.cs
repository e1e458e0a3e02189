using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Roles and their bindings: what a rule may hold, whom a binding may name, and that its role stays.</summary>
internal static class RbacRules
{
    public const string Group = "rbac.authorization.k8s.io";

    private static readonly string[] s_subjectKinds = ["ServiceAccount", "User", "Group"];

    /// <param name="role">The role.</param>
    /// <param name="namespaced">True for a Role, false for a ClusterRole.</param>
    /// <param name="errors">Collects the causes.</param>
    public static void Role(JsonObject role, bool namespaced, FieldErrors errors)
    {
        var at = 0;
        foreach (var rule in role.Objects("rules"))
        {
            Rule(rule, namespaced, $"rules[{at++}]", errors);
        }

        if (!namespaced && role.Object("aggregationRule") is { } aggregation)
        {
            Aggregation(aggregation, errors);
        }
    }

    /// <summary>A RoleBinding may name a role of its namespace as well; a ClusterRoleBinding may not.</summary>
    public static void Binding(JsonObject binding, JsonObject? old, bool namespaced, FieldErrors errors)
    {
        var role = binding.Object("roleRef");
        if (role.Text("apiGroup") != Group)
        {
            errors.NotSupportedInOrder("roleRef.apiGroup", role.Text("apiGroup"), [Group]);
        }

        string[] kinds = namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"];
        if (!kinds.Contains(role.Text("kind")))
        {
            errors.NotSupportedInOrder("roleRef.kind", role.Text("kind"), kinds);
        }

        if (role.Text("name").Length == 0)
        {
            errors.Required("roleRef.name");
        }
        else
        {
            errors.InvalidAll("roleRef.name", role.Text("name"), Names.PathSegment(role.Text("name")));
        }

        var at = 0;
        foreach (var subject in binding.Objects("subjects"))
        {
            Subject(subject, namespaced, $"subjects[{at++}]", errors);
        }

        if (old is not null && !JsonTree.Same(old["roleRef"], binding["roleRef"]))
        {
            errors.InvalidWhole("roleRef", $"rbac.RoleRef{{APIGroup:\"{role.Text("apiGroup")}\", "
                + $"Kind:\"{role.Text("kind")}\", Name:\"{role.Text("name")}\"}}: cannot change roleRef");
        }
    }

    private static void Rule(JsonObject rule, bool namespaced, string path, FieldErrors errors)
    {
        if (rule.Items("verbs").Count == 0)
        {
            errors.Required($"{path}.verbs", "verbs must contain at least one value");
        }

        var (groups, resources) = (rule.Items("apiGroups").Count, rule.Items("resources").Count);
        var names = rule.Items("resourceNames").Count;
        if (rule.Items("nonResourceURLs") is { Count: > 0 } urls)
        {
            var shown = $"[]string{{{string.Join(", ", urls.Select(url => $"\"{JsonTree.AsText(url)}\""))}}}";
            if (namespaced)
            {
                errors.InvalidWhole(
                    $"{path}.nonResourceURLs", $"{shown}: namespaced rules cannot apply to non-resource URLs");
            }

            if (groups > 0 || resources > 0 || names > 0)
            {
                errors.InvalidWhole($"{path}.nonResourceURLs",
                    $"{shown}: rules cannot apply to both regular resources and non-resource URLs");
            }

            return;
        }

        if (groups == 0)
        {
            errors.Required($"{path}.apiGroups", "resource rules must supply at least one api group");
        }

        if (resources == 0)
        {
            errors.Required($"{path}.resources", "resource rules must supply at least one resource");
        }
    }

    private static void Aggregation(JsonObject aggregation, FieldErrors errors)
    {
        const string path = "aggregationRule.clusterRoleSelectors";
        var selectors = aggregation.Objects("clusterRoleSelectors").ToList();
        if (selectors.Count == 0)
        {
            errors.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }

        for (var at = 0; at < selectors.Count; at++)
        {
            SelectorRules.Terms(selectors[at], $"{path}[{at}]", errors);
        }
    }

    private static void Subject(JsonObject subject, bool namespaced, string path, FieldErrors errors)
    {
        var (kind, name) = (subject.Text("kind"), subject.Text("name"));
        if (name.Length == 0)
        {
            errors.Required($"{path}.name");
        }

        switch (kind)
        {
            case "ServiceAccount":
                ServiceAccount(subject, name, namespaced, path, errors);
                break;
            case "User" or "Group":
                if (name.Length == 0)
                {
                    errors.Invalid($"{path}.name", name, $"{kind.ToLowerInvariant()} name cannot be empty");
                }

                if (subject.Text("apiGroup") != Group)
                {
                    errors.NotSupportedInOrder($"{path}.apiGroup", subject.Text("apiGroup"), [Group]);
                }

                break;
            default:
                errors.NotSupportedInOrder($"{path}.kind", kind, s_subjectKinds);
                break;
        }
    }

    private static void ServiceAccount(
        JsonObject subject, string name, bool namespaced, string path, FieldErrors errors)
    {
        if (name.Length > 0)
        {
            errors.InvalidAll($"{path}.name", name, Names.Subdomain(name));
        }

        if (subject.Text("apiGroup").Length > 0)
        {
            errors.NotSupportedInOrder($"{path}.apiGroup", subject.Text("apiGroup"), [""]);
        }

        if (!namespaced && subject.Text("namespace").Length == 0)
        {
            errors.Required($"{path}.namespace");
        }
    }
}
