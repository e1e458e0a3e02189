using System.Text.Json.Nodes;
using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Control.ClusterRoles;

/// <summary>Writes into each ClusterRole that is made up of others what they say now.</summary>
internal sealed class RoleAggregation(Objects objects)
{
    /// <summary>One look at all of them, after which another one changes nothing more.</summary>
    public async Task Round(CancellationToken ct)
    {
        var roles = objects.Store.List(RbacKeys.AllClusterRoles).Items
            .Select(stored => ObjectBytes.Tree(stored.Value.Span) as JsonObject ?? []).ToList();
        var rules = new AggregatedRules(roles);
        foreach (var role in roles.Where(AggregatedRules.IsAggregated))
        {
            if (rules.Of(role) is not null)
            {
                var name = role["metadata"]!["name"]!.GetValue<string>();
                await objects.Update(
                    RbacKeys.Of(RbacKeys.ClusterRoles, null, name), tree => Gathered(tree, rules), ct);
            }
        }
    }

    private static JsonObject? Gathered(JsonObject role, AggregatedRules all)
    {
        if (!AggregatedRules.IsAggregated(role) || all.Of(role) is not { } rules)
        {
            return null;
        }

        role["rules"] = rules;
        return role;
    }
}
