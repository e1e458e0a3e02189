using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>A node's line in <c>kubectl get nodes</c>.</summary>
internal static class NodeRow
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static IReadOnlyList<JsonNode?> Cells(JsonObject node, DateTimeOffset now)
    {
        var info = node.Object("status").Object("nodeInfo");
        return
        [
            node.Object("metadata").Text("name"),
            Status(node),
            Roles(node.Object("metadata").Object("labels")),
            RowAge.Age(node, now),
            info.Text("kubeletVersion"),
            Address(node, "InternalIP"),
            Address(node, "ExternalIP"),
            Or(info.Text("osImage"), "<unknown>"),
            Or(info.Text("kernelVersion"), "<unknown>"),
            Or(info.Text("containerRuntimeVersion"), "<unknown>"),
            Away(node, now),
        ];
    }

    private static string Status(JsonObject node)
    {
        var ready = PodState.Condition(node.Object("status"), "Ready") switch
        {
            "" => "Unknown",
            "True" => "Ready",
            _ => "NotReady",
        };
        return node.Object("spec").Flag("unschedulable") ? $"{ready},SchedulingDisabled" : ready;
    }

    /// <summary>Ours, behind all that Kubernetes shows: a device may be out of reach for months and be well.</summary>
    private static string Away(JsonObject node, DateTimeOffset now)
    {
        var ready = node.Object("status").Objects("conditions")
            .FirstOrDefault(condition => condition.Text("type") == "Ready");
        return ready.Text("status") == "Unknown" ? RowAge.Since(ready.Text("lastHeartbeatTime"), now) : "<none>";
    }

    private static string Roles(JsonObject? labels)
    {
        var roles = (labels ?? []).Select(label => label.Key.StartsWith(RolePrefix, StringComparison.Ordinal)
                ? label.Key[RolePrefix.Length..]
                : label.Key == "kubernetes.io/role" ? JsonTree.AsText(label.Value) ?? "" : "")
            .Where(role => role.Length > 0).Distinct().Order(StringComparer.Ordinal);
        return Or(string.Join(',', roles), "<none>");
    }

    private static string Address(JsonObject node, string type) =>
        Or(node.Object("status").Objects("addresses").FirstOrDefault(entry => entry.Text("type") == type)
            .Text("address"), "<none>");

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
