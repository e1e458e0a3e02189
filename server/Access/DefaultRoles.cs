using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Access;

/// <summary>One object that every cluster has, and the key that it lies under.</summary>
internal sealed record DefaultObject(string Key, JsonObject Tree);

/// <summary>
/// Kubernetes' own roles and bindings, read from <c>default.roles</c> (its head says the form). Made anew on each call;
/// nothing of it stays in memory.
/// </summary>
internal static class DefaultRoles
{
    public const string AutoUpdate = "rbac.authorization.kubernetes.io/autoupdate";

    private const string AggregateTo = "rbac.authorization.k8s.io/aggregate-to-";
    private const string ApiVersion = "rbac.authorization.k8s.io/v1";

    public static IReadOnlyList<DefaultObject> Read()
    {
        var assembly = typeof(DefaultRoles).Assembly;
        var name = assembly.GetManifestResourceNames().Single(
            name => name.EndsWith(".roles", StringComparison.Ordinal));
        var objects = new List<DefaultObject>();
        foreach (var line in TypeLibrary.ReadResource(assembly, name).Split('\n'))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
            {
                continue;
            }

            if (line[0] == ' ')
            {
                objects[^1].Tree["rules"]!.AsArray().Add((JsonNode)Rule(words).ToJson());
                continue;
            }

            objects.Add(words[0] switch
            {
                "clusterrole" => ClusterRole(words),
                "role" => new DefaultObject(RbacKeys.Of(RbacKeys.Roles, words[1], words[2]),
                    WithRules(Head("Role", words[1], words[2]))),
                _ => Binding(words),
            });
        }

        return objects;
    }

    private static DefaultObject ClusterRole(string[] words)
    {
        var tree = WithRules(Head("ClusterRole", "", words[1]));
        foreach (var word in words[2..])
        {
            var (key, value) = Pair(word);
            if (key == "to")
            {
                tree["metadata"]!["labels"]![AggregateTo + value] = "true";
                continue;
            }

            tree["aggregationRule"] = new JsonObject
            {
                ["clusterRoleSelectors"] = new JsonArray(new JsonObject
                {
                    ["matchLabels"] = new JsonObject { [AggregateTo + value] = "true" },
                }),
            };
        }

        return new DefaultObject(RbacKeys.Of(RbacKeys.ClusterRoles, null, words[1]), tree);
    }

    private static DefaultObject Binding(string[] words)
    {
        var tree = Head("ClusterRoleBinding", "", words[1]);
        tree["roleRef"] = new JsonObject
        {
            ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = words[1],
        };
        if (words.Length > 2)
        {
            tree["subjects"] = new JsonArray([.. words[2..].Select(Subject)]);
        }

        return new DefaultObject(RbacKeys.Of(RbacKeys.ClusterRoleBindings, null, words[1]), tree);
    }

    private static JsonObject Subject(string word)
    {
        var (kind, name) = Pair(word);
        return kind == "ServiceAccount"
            ? new JsonObject { ["kind"] = kind, ["name"] = name.Split('/')[1], ["namespace"] = name.Split('/')[0] }
            : new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = kind, ["name"] = name };
    }

    private static PolicyRule Rule(string[] words)
    {
        string[] verbs = words[0] switch
        {
            "read" => ["get", "list", "watch"],
            "write" => ["create", "delete", "deletecollection", "patch", "update"],
            "every" => ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            var said => said.Split(','),
        };
        if (words[1] == "urls")
        {
            return new PolicyRule { Verbs = verbs, Urls = words[2].Split(',') };
        }

        return new PolicyRule
        {
            Verbs = verbs,
            Groups = [.. words[1].Split(',').Select(group => group == "core" ? "" : group)],
            Resources = words[2].Split(','),
            Names = words.Length > 3 ? Pair(words[3]).Value.Split(',') : [],
        };
    }

    private static JsonObject WithRules(JsonObject head)
    {
        head["rules"] = new JsonArray();
        return head;
    }

    private static JsonObject Head(string kind, string ns, string name)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (ns.Length > 0)
        {
            metadata["namespace"] = ns;
        }

        metadata["labels"] = new JsonObject { ["kubernetes.io/bootstrapping"] = "rbac-defaults" };
        metadata["annotations"] = new JsonObject { [AutoUpdate] = "true" };
        return new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }

    private static (string Key, string Value) Pair(string word)
    {
        var at = word.IndexOf('=', StringComparison.Ordinal);
        return (word[..at], word[(at + 1)..]);
    }
}
