using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The addresses and ports behind services: Endpoints (core/v1) and EndpointSlice (discovery/v1).</summary>
internal static class EndpointRules
{
    public const int MaxEndpoints = 1000;
    public const int MaxAddresses = 100;
    public const int MaxPorts = 100;

    private static readonly string[] s_protocols = ["TCP", "UDP", "SCTP"];
    private static readonly string[] s_types = ["FQDN", "IPv4", "IPv6"];

    public static void Endpoints(JsonObject endpoints, FieldErrors errors)
    {
        var at = 0;
        foreach (var subset in endpoints.Objects("subsets"))
        {
            var path = $"subsets[{at++}]";
            if (subset.Items("addresses").Count == 0 && subset.Items("notReadyAddresses").Count == 0)
            {
                errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
            }

            foreach (var list in (string[])["addresses", "notReadyAddresses"])
            {
                var index = 0;
                foreach (var address in subset.Objects(list))
                {
                    var inner = $"{path}.{list}[{index++}].ip";
                    errors.InvalidAll(inner, address["ip"], FieldFormats.Check("ip", address.Text("ip")));
                    AddressRules.Reachable(address.Text("ip"), inner, errors);
                }
            }

            var ports = subset.Objects("ports").ToList();
            for (var port = 0; port < ports.Count; port++)
            {
                OldPort(ports[port], ports.Count > 1, $"{path}.ports[{port}]", errors);
            }
        }
    }

    public static void Slice(JsonObject slice, JsonObject? old, FieldErrors errors)
    {
        var type = slice.Text("addressType");
        if (type.Length == 0)
        {
            errors.Required("addressType");
        }
        else if (!s_types.Contains(type))
        {
            errors.NotSupported("addressType", type, s_types);
        }

        var count = slice.Items("endpoints").Count;
        if (count > MaxEndpoints)
        {
            errors.TooMany("endpoints", count, MaxEndpoints);
            return;
        }

        var at = 0;
        foreach (var endpoint in slice.Objects("endpoints"))
        {
            Endpoint(endpoint, type, $"endpoints[{at++}]", errors);
        }

        Ports(slice, errors);
        if (old is not null && old.Text("addressType") != type)
        {
            errors.Invalid("addressType", type, "field is immutable");
        }
    }

    private static void OldPort(JsonObject port, bool needsName, string path, FieldErrors errors)
    {
        var name = port.Text("name");
        if (name.Length > 0)
        {
            errors.InvalidAll($"{path}.name", name, Names.Label(name));
        }
        else if (needsName)
        {
            errors.Required($"{path}.name");
        }

        AddressRules.Port(port.Number("port") ?? 0, $"{path}.port", errors);
        Protocol(port, path, errors);
    }

    private static void Protocol(JsonObject port, string path, FieldErrors errors)
    {
        var protocol = port.Text("protocol");
        if (protocol.Length == 0)
        {
            errors.Required($"{path}.protocol");
        }
        else if (!s_protocols.Contains(protocol))
        {
            errors.NotSupported($"{path}.protocol", protocol, s_protocols);
        }

        if (port["appProtocol"] is { } application)
        {
            errors.InvalidAll($"{path}.appProtocol", application, Names.Qualified(port.Text("appProtocol")));
        }
    }

    private static void Endpoint(JsonObject endpoint, string type, string path, FieldErrors errors)
    {
        var addresses = endpoint.Items("addresses");
        if (addresses.Count == 0)
        {
            errors.Required($"{path}.addresses", "must contain at least 1 address");
        }
        else if (addresses.Count > MaxAddresses)
        {
            errors.TooMany($"{path}.addresses", addresses.Count, MaxAddresses);
        }

        for (var at = 0; at < addresses.Count; at++)
        {
            Address(JsonTree.AsText(addresses[at]) ?? "", type, $"{path}.addresses[{at}]", errors);
        }

        if (endpoint["nodeName"] is { } node)
        {
            errors.InvalidAll($"{path}.nodeName", node, Names.Subdomain(endpoint.Text("nodeName")));
        }

        if (endpoint["hostname"] is { } host)
        {
            errors.InvalidAll($"{path}.hostname", host, Names.Label(endpoint.Text("hostname")));
        }
    }

    private static void Address(string address, string type, string path, FieldErrors errors)
    {
        if (type == "FQDN")
        {
            Domain(address, path, errors);
            return;
        }

        var family = type == "IPv4" ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;
        if (type is not ("IPv4" or "IPv6"))
        {
            return;
        }

        if (!AddressRules.IsOfFamily(address, family))
        {
            errors.Invalid(path, address, $"must be a valid {type} address");
        }

        AddressRules.Reachable(address, path, errors);
    }

    private static void Domain(string name, string path, FieldErrors errors)
    {
        if (name.Length == 0)
        {
            errors.Required(path);
            return;
        }

        name = name.EndsWith('.') ? name[..^1] : name;
        errors.InvalidAll(path, name, Names.Subdomain(name));
        if (!name.Contains('.', StringComparison.Ordinal))
        {
            errors.Invalid(path, name, "should be a domain with at least two segments separated by dots");
        }
    }

    private static void Ports(JsonObject slice, FieldErrors errors)
    {
        var ports = slice.Objects("ports").ToList();
        if (ports.Count > MaxPorts)
        {
            errors.TooMany("ports", ports.Count, MaxPorts);
            return;
        }

        var names = new HashSet<string>();
        for (var at = 0; at < ports.Count; at++)
        {
            var (path, name) = ($"ports[{at}]", ports[at].Text("name"));
            if (name.Length > 0)
            {
                errors.InvalidAll($"{path}.name", name, Names.Label(name));
            }

            if (!names.Add(name))
            {
                errors.Duplicate($"{path}.name", name);
            }

            Protocol(ports[at], path, errors);
        }
    }
}
