using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>What a service must be besides what its description says.</summary>
internal static class ServiceRules
{
    private const string None = "None";

    public static void Check(JsonObject service, JsonObject? old, FieldErrors errors)
    {
        var spec = service.Object("spec") ?? [];
        var type = spec.Text("type");
        Ports(spec, type, errors);
        OfType(spec, type, errors);
        MetaRules.LabelMap(spec.Object("selector"), "spec.selector", errors);
        Addresses(spec, errors);
        if (old.Object("spec") is { } before && type != "ExternalName" && before.Text("type") != "ExternalName"
            && before.Text("clusterIP") is { Length: > 0 } address && address != spec.Text("clusterIP"))
        {
            errors.Invalid("spec.clusterIPs[0]", spec["clusterIPs"], "may not change once set");
        }
    }

    private static void Ports(JsonObject spec, string type, FieldErrors errors)
    {
        var ports = spec.Objects("ports").ToList();
        if (ports.Count == 0 && spec.Text("clusterIP") != None && type != "ExternalName")
        {
            errors.Required("spec.ports");
        }

        var (names, keys) = (new HashSet<string>(), new HashSet<string>());
        for (var at = 0; at < ports.Count; at++)
        {
            var (port, path) = (ports[at], $"spec.ports[{at}]");
            Name(port, ports.Count > 1, names, path, errors);
            Number(port.Number("port") ?? 0, $"{path}.port", errors);
            Target(port, path, errors);
            if (port["appProtocol"] is { } protocol)
            {
                errors.InvalidAll($"{path}.appProtocol", protocol, Names.Qualified(JsonTree.AsText(protocol) ?? ""));
            }

            if (type == "ClusterIP" && port.Number("nodePort") is not (null or 0))
            {
                errors.Forbidden($"{path}.nodePort", "may not be used when `type` is 'ClusterIP'");
            }

            if (!keys.Add($"{port.Text("protocol")}/{port.Number("port")}"))
            {
                errors.Duplicate(path, new JsonObject
                {
                    ["protocol"] = port.Text("protocol"), ["port"] = port.Number("port"),
                });
            }
        }
    }

    private static void Name(JsonObject port, bool needed, HashSet<string> names, string path, FieldErrors errors)
    {
        var name = port.Text("name");
        if (name.Length == 0)
        {
            if (needed)
            {
                errors.Required($"{path}.name");
            }

            return;
        }

        errors.InvalidAll($"{path}.name", name, Names.Label(name));
        if (!names.Add(name))
        {
            errors.Duplicate($"{path}.name", name);
        }
    }

    private static void Number(long number, string path, FieldErrors errors)
    {
        if (number is < 1 or > 65535)
        {
            errors.Invalid(path, number, "must be between 1 and 65535, inclusive");
        }
    }

    private static void Target(JsonObject port, string path, FieldErrors errors)
    {
        if (JsonTree.AsText(port["targetPort"]) is { } name)
        {
            errors.InvalidAll($"{path}.targetPort", name, FieldFormats.PortName(name));
        }
        else if (JsonTree.AsLong(port["targetPort"]) is { } number && number != (port.Number("port") ?? 0))
        {
            Number(number, $"{path}.targetPort", errors);
        }
    }

    private static void OfType(JsonObject spec, string type, FieldErrors errors)
    {
        switch (type)
        {
            case "LoadBalancer" or "NodePort" when spec.Text("clusterIP") == None:
                errors.Invalid("spec.clusterIPs[0]", None, $"may not be set to 'None' for {type} services");
                break;
            case "ExternalName":
                External(spec, errors);
                break;
        }
    }

    private static void External(JsonObject spec, FieldErrors errors)
    {
        foreach (var field in (string[])["clusterIPs", "ipFamilies", "ipFamilyPolicy"])
        {
            if (spec[field] is not (null or JsonArray { Count: 0 }))
            {
                errors.Forbidden($"spec.{field}", "may not be set for ExternalName services");
            }
        }

        var name = spec.Text("externalName");
        name = name.EndsWith('.') ? name[..^1] : name;
        if (name.Length == 0)
        {
            errors.Required("spec.externalName");
            return;
        }

        errors.InvalidAll("spec.externalName", name, Names.Subdomain(name));
    }

    private static void Addresses(JsonObject spec, FieldErrors errors)
    {
        var at = 0;
        foreach (var address in spec.Items("clusterIPs"))
        {
            var text = JsonTree.AsText(address) ?? "";
            if (text != None && !IPAddress.TryParse(text, out _))
            {
                errors.InvalidAll($"spec.clusterIPs[{at}]", text, FieldFormats.Check("ip", text));
            }

            at++;
        }

        if (spec.Items("clusterIPs").FirstOrDefault() is { } first
            && JsonTree.AsText(first) != spec.Text("clusterIP"))
        {
            errors.Invalid("spec.clusterIP", spec["clusterIP"], "must match the first value in `clusterIPs`");
        }

        at = 0;
        foreach (var address in spec.Items("externalIPs"))
        {
            errors.InvalidAll($"spec.externalIPs[{at++}]", address,
                FieldFormats.Check("ip", JsonTree.AsText(address) ?? ""));
        }
    }
}
