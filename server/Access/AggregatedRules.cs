using System.Text.Json.Nodes;
using Edge.Server.Schema;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Access;

/// <summary>
/// The rules of ClusterRoles that are made up of others (rbac/v1 AggregationRule): those of all roles with rules of
/// their own that they gather, or that the roles which they gather do, and so on. So roles that gather each other
/// settle at once, whatever they held before. Pure; looks at each role once for each that gathers.
/// </summary>
internal sealed class AggregatedRules
{
    private readonly List<Entry> _roles;

    /// <param name="clusterRoles">All of them, in the order of their names.</param>
    public AggregatedRules(IEnumerable<JsonObject> clusterRoles) => _roles = [.. clusterRoles.Select(Entry.Of)];

    public static bool IsAggregated(JsonObject role) => role["aggregationRule"] is JsonObject;

    /// <summary>
    /// The rules of all roles that it gathers, in the order of selectors and names, each once; null where it has just
    /// these.
    /// </summary>
    public JsonArray? Of(JsonObject role)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { NameOf(role) };
        var (known, written) = (new HashSet<string>(StringComparer.Ordinal), new JsonArray());
        var left = new Stack<Entry>(Gathered(role).Reverse());
        while (left.TryPop(out var entry))
        {
            if (!seen.Add(entry.Name))
            {
                continue;
            }

            if (IsAggregated(entry.Role))
            {
                foreach (var below in (entry.Gathers ??= [.. Gathered(entry.Role)]).AsEnumerable().Reverse())
                {
                    left.Push(below);
                }

                continue;
            }

            foreach (var rule in entry.Rules ??= PolicyRule.ReadAll(entry.Role["rules"]))
            {
                var json = rule.ToJson();
                if (known.Add(json.ToJsonString()))
                {
                    written.Add((JsonNode)json);
                }
            }
        }

        return JsonTree.Same(written, role["rules"] ?? new JsonArray()) ? null : written;
    }

    private IEnumerable<Entry> Gathered(JsonObject role)
    {
        foreach (var selector in role.Object("aggregationRule").Objects("clusterRoleSelectors"))
        {
            foreach (var entry in _roles)
            {
                if (SelectorRules.Chooses(selector, entry.Role.Object("metadata").Object("labels")))
                {
                    yield return entry;
                }
            }
        }
    }

    private static string NameOf(JsonObject role) => role.Object("metadata").Text("name");

    /// <summary>A role, with what was found out about it on the way.</summary>
    private sealed record Entry(string Name, JsonObject Role)
    {
        public List<Entry>? Gathers { get; set; }

        public IReadOnlyList<PolicyRule>? Rules { get; set; }

        public static Entry Of(JsonObject role) => new(NameOf(role), role);
    }
}
