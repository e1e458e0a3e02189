using System.Text.Json.Nodes;
using Edge.Server.Schema;

namespace Edge.Server.Access;

/// <summary>
/// What becomes, at each start, of a default role or binding that is there already: what is missing is put back, what
/// somebody added stays, and <c>autoupdate: "false"</c> keeps it as it is. Pure.
/// </summary>
internal static class DefaultRolesPlan
{
    /// <summary>A binding cannot be changed to another role; it is to be made again.</summary>
    public static bool MustBeMadeAgain(JsonObject wanted, JsonObject stored) =>
        !IsProtected(stored) && wanted["roleRef"] is { } role && !JsonTree.Same(role, stored["roleRef"]);

    /// <summary>The stored object with what is missing; null where nothing is.</summary>
    public static JsonObject? Complete(JsonObject wanted, JsonObject stored)
    {
        if (IsProtected(stored))
        {
            return null;
        }

        var next = stored.Copy();
        Merge(wanted, next, "labels");
        Merge(wanted, next, "annotations");
        AddItems(wanted.Items("subjects"), next, "subjects");
        if (wanted.Object("aggregationRule") is { } aggregation)
        {
            // Its rules are whatever the roles that it gathers say.
            AddItems(aggregation.Items("clusterRoleSelectors"), next.Ensure("aggregationRule"), "clusterRoleSelectors");
        }
        else if (wanted["rules"] is not null)
        {
            var rules = PolicyRule.ReadAll(wanted["rules"]);
            var missing = RuleCover.Missing(PolicyRule.ReadAll(stored["rules"]), rules);
            AddItems(PolicyRule.Write(missing.IsCut ? rules : missing.Parts), next, "rules");
        }

        return JsonTree.Same(stored, next) ? null : next;
    }

    private static bool IsProtected(JsonObject stored) =>
        stored.Object("metadata").Object("annotations").Text(DefaultRoles.AutoUpdate) == "false";

    /// <summary>What stands there already wins.</summary>
    private static void Merge(JsonObject wanted, JsonObject next, string map)
    {
        var known = next.Ensure("metadata").Ensure(map);
        foreach (var (key, value) in wanted.Object("metadata").Object(map) ?? [])
        {
            known[key] ??= value?.DeepClone();
        }
    }

    private static void AddItems(IList<JsonNode?> wanted, JsonObject next, string list)
    {
        if (wanted.Count == 0)
        {
            return;
        }

        var known = next[list] as JsonArray;
        if (known is null)
        {
            next[list] = known = [];
        }

        foreach (var item in wanted)
        {
            if (!known.Any(other => JsonTree.Same(other, item)))
            {
                known.Add(item?.DeepClone());
            }
        }
    }
}
