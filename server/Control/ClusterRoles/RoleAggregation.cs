using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Control.ClusterRoles;

/// <summary>Writes into each ClusterRole that is made up of others what they say now.</summary>
internal sealed class RoleAggregation(Objects objects)
{
    /// <summary>One look at all of them; true when a role was changed, which may change others.</summary>
    public async Task<bool> Round(CancellationToken ct)
    {
        var roles = objects.Store.List(RbacKeys.AllClusterRoles).Items
            .Select(stored => JsonNode.Parse(stored.Value.Span) as JsonObject ?? []).ToList();
        var changed = false;
        foreach (var role in roles.Where(AggregatedRules.IsAggregated))
        {
            if (AggregatedRules.Of(role, roles) is not null)
            {
                var name = role["metadata"]!["name"]!.GetValue<string>();
                changed |= await objects.Update(
                    RbacKeys.Of(RbacKeys.ClusterRoles, null, name), tree => Gathered(tree, roles), ct)
                    is UpdateOutcome.Updated;
            }
        }

        return changed;
    }

    private static JsonObject? Gathered(JsonObject role, IReadOnlyList<JsonObject> roles)
    {
        if (!AggregatedRules.IsAggregated(role) || AggregatedRules.Of(role, roles) is not { } rules)
        {
            return null;
        }

        role["rules"] = rules;
        return role;
    }
}
