using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rows;

/// <summary>The lines of ingresses, policies and endpoints in <c>kubectl get</c>.</summary>
internal static class NetworkRow
{
    private const string None = "<none>";

    /// <summary>Of a list no more are shown.</summary>
    private const int ShownMax = 3;

    public static IReadOnlyList<JsonNode?> Ingress(JsonObject ingress, DateTimeOffset now)
    {
        var spec = ingress.Object("spec");
        var entries = ingress.Object("status").Object("loadBalancer").Objects("ingress");
        return
        [
            Name(ingress),
            spec?["ingressClassName"]?.ToString() ?? None,
            Hosts([.. spec.Objects("rules").Select(rule => rule.Text("host"))]),
            string.Join(',', entries.Select(entry => Or(entry.Text("ip"), entry.Text("hostname")))
                .Where(text => text.Length > 0).Distinct().Order(StringComparer.Ordinal)),
            spec.Items("tls").Count > 0 ? "80, 443" : "80",
            RowAge.Age(ingress, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> IngressClass(JsonObject kind, DateTimeOffset now)
    {
        var spec = kind.Object("spec");
        var parameters = spec.Object("parameters");
        var group = parameters?["apiGroup"] is { } named ? $".{named}" : "";
        return
        [
            Name(kind),
            spec.Text("controller"),
            parameters is null ? None : $"{parameters.Text("kind")}{group}/{parameters.Text("name")}",
            RowAge.Age(kind, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Policy(JsonObject policy, DateTimeOffset now) =>
    [
        Name(policy),
        TemplateCells.Selector(policy.Object("spec").Object("podSelector")),
        RowAge.Age(policy, now),
    ];

    public static IReadOnlyList<JsonNode?> Ranges(JsonObject range, DateTimeOffset now) =>
    [
        Name(range),
        string.Join(',', range.Object("spec").Items("cidrs").Select(JsonTree.AsText)),
        RowAge.Age(range, now),
    ];

    public static IReadOnlyList<JsonNode?> Address(JsonObject address, DateTimeOffset now)
    {
        var parent = address.Object("spec").Object("parentRef");
        var group = parent.Text("group").Length > 0 ? $".{parent.Text("group")}" : "";
        var ns = parent.Text("namespace").Length > 0 ? $"/{parent.Text("namespace")}" : "";
        return
        [
            Name(address),
            parent is null ? None : $"{parent.Text("resource")}{group}{ns}/{parent.Text("name")}".ToLowerInvariant(),
            RowAge.Age(address, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Endpoints(JsonObject endpoints, DateTimeOffset now)
    {
        var all = endpoints.Objects("subsets").SelectMany(Of).ToList();
        return
        [
            Name(endpoints),
            endpoints.Items("subsets").Count == 0 ? None : Some(all, all.Count),
            RowAge.Age(endpoints, now),
        ];
    }

    public static IReadOnlyList<JsonNode?> Slice(JsonObject slice, DateTimeOffset now)
    {
        var ports = slice.Objects("ports")
            .Select(port => port["port"]?.ToString() ?? (port["name"] is null ? "*" : port.Text("name"))).ToList();
        var addresses = slice.Objects("endpoints")
            .SelectMany(endpoint => endpoint.Items("addresses")).Select(address => $"{address}").ToList();
        return
        [
            Name(slice),
            slice.Text("addressType"),
            ports.Count == 0 ? "<unset>" : Some(ports, ports.Count),
            addresses.Count == 0 ? "<unset>" : Some(addresses, addresses.Count),
            RowAge.Age(slice, now),
        ];
    }

    /// <summary>Each address with each port, or alone where there are no ports.</summary>
    private static IEnumerable<string> Of(JsonObject subset)
    {
        var addresses = subset.Objects("addresses").Select(address => address.Text("ip")).ToList();
        var ports = subset.Objects("ports").Select(port => $"{port.Number("port") ?? 0}").ToList();
        return ports.Count == 0
            ? addresses
            : ports.SelectMany(port => addresses.Select(address =>
                address.Contains(':', StringComparison.Ordinal) ? $"[{address}]:{port}" : $"{address}:{port}"));
    }

    /// <summary>As upstream, rules without a host count among those that are not shown.</summary>
    private static string Hosts(IReadOnlyList<string> hosts)
    {
        var shown = new List<string>();
        var more = false;
        foreach (var host in hosts)
        {
            more |= shown.Count == ShownMax;
            if (!more && host.Length > 0)
            {
                shown.Add(host);
            }
        }

        return shown.Count == 0 ? "*" : Some(shown, more ? hosts.Count : shown.Count);
    }

    private static string Some(List<string> items, int count) => count > ShownMax
        ? $"{string.Join(',', items.Take(ShownMax))} + {count - ShownMax} more..."
        : string.Join(',', items);

    private static string Name(JsonObject obj) => obj.Object("metadata").Text("name");

    private static string Or(string text, string absent) => text.Length > 0 ? text : absent;
}
