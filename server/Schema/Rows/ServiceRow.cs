using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>A service's line in <c>kubectl get services</c>.</summary>
internal static class ServiceRow
{
    private const string None = "<none>";

    public static IReadOnlyList<JsonNode?> Cells(JsonObject service, DateTimeOffset now)
    {
        var spec = service.Object("spec");
        return
        [
            service.Object("metadata").Text("name"),
            spec.Text("type"),
            JsonTree.AsText(spec.Items("clusterIPs").FirstOrDefault()) ?? None,
            External(spec, service.Object("status")),
            Or(string.Join(',', spec.Objects("ports").Select(Port)), None),
            RowAge.Age(service, now),
            TemplateCells.Labels(spec.Object("selector")),
        ];
    }

    private static string Port(JsonObject port) => port.Number("nodePort") is > 0 and var node
        ? $"{port.Number("port")}:{node}/{port.Text("protocol")}"
        : $"{port.Number("port")}/{port.Text("protocol")}";

    private static string External(JsonObject? spec, JsonObject? status)
    {
        var own = spec.Items("externalIPs").Select(JsonTree.AsText);
        return spec.Text("type") switch
        {
            "ClusterIP" or "NodePort" => Or(string.Join(',', own), None),
            "LoadBalancer" => Or(string.Join(',', status.Object("loadBalancer").Objects("ingress")
                .Select(entry => Or(entry.Text("ip"), entry.Text("hostname"))).Concat(own)), "<pending>"),
            "ExternalName" => spec.Text("externalName"),
            _ => "<unknown>",
        };
    }

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
