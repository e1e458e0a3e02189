using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Access;

/// <summary>The rules of a ClusterRole that is made up of others (rbac/v1 AggregationRule). Pure.</summary>
internal static class AggregatedRules
{
    public static bool IsAggregated(JsonObject role) => role["aggregationRule"] is JsonObject;

    /// <summary>
    /// The rules of all roles that a selector of it chooses, in the order of selectors and names, each once; null where
    /// it has just these.
    /// </summary>
    public static JsonArray? Of(JsonObject role, IReadOnlyList<JsonObject> clusterRoles)
    {
        var own = role.Object("metadata").Text("name");
        var rules = new List<PolicyRule>();
        foreach (var selector in role.Object("aggregationRule").Objects("clusterRoleSelectors"))
        {
            foreach (var other in clusterRoles)
            {
                var metadata = other.Object("metadata");
                if (metadata.Text("name") == own || !SelectorRules.Chooses(selector, metadata.Object("labels")))
                {
                    continue;
                }

                foreach (var rule in PolicyRule.ReadAll(other["rules"]))
                {
                    if (!rules.Exists(rule.IsSame))
                    {
                        rules.Add(rule);
                    }
                }
            }
        }

        var written = PolicyRule.Write(rules);
        return JsonTree.Same(written, role["rules"] ?? new JsonArray()) ? null : written;
    }
}
