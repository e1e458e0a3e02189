using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>NetworkPolicy: selectors, ports, peers, and which directions it is about (networking/v1).</summary>
internal static class NetworkPolicyRules
{
    private static readonly string[] s_protocols = ["TCP", "UDP", "SCTP"];
    private static readonly string[] s_types = ["Ingress", "Egress"];

    /// <summary>A policy is always about what comes in, and about what goes out if it says something of it.</summary>
    public static void Fill(JsonObject policy)
    {
        var spec = policy.Ensure("spec");
        spec.Ensure("podSelector");
        if (spec.Items("policyTypes").Count == 0)
        {
            spec["policyTypes"] = spec.Items("egress").Count == 0
                ? new JsonArray((JsonNode)"Ingress")
                : new JsonArray((JsonNode)"Ingress", (JsonNode)"Egress");
        }
    }

    public static void Check(JsonObject policy, FieldErrors errors)
    {
        var spec = policy.Object("spec") ?? [];
        SelectorRules.Terms(spec.Object("podSelector") ?? [], "spec.podSelector", errors);
        Rules(spec, "ingress", "from", errors);
        Rules(spec, "egress", "to", errors);
        var types = spec.Items("policyTypes");
        if (types.Count > s_types.Length)
        {
            errors.Invalid("spec.policyTypes", spec["policyTypes"], "may not specify more than two policyTypes");
            return;
        }

        for (var at = 0; at < types.Count; at++)
        {
            if (!s_types.Contains(JsonTree.AsText(types[at])))
            {
                errors.NotSupported($"spec.policyTypes[{at}]", types[at], s_types);
            }
        }
    }

    private static void Rules(JsonObject spec, string direction, string peers, FieldErrors errors)
    {
        var at = 0;
        foreach (var rule in spec.Objects(direction))
        {
            var path = $"spec.{direction}[{at++}]";
            var index = 0;
            foreach (var port in rule.Objects("ports"))
            {
                Port(port, $"{path}.ports[{index++}]", errors);
            }

            index = 0;
            foreach (var peer in rule.Objects(peers))
            {
                Peer(peer, $"{path}.{peers}[{index++}]", errors);
            }
        }
    }

    private static void Port(JsonObject port, string path, FieldErrors errors)
    {
        if (!s_protocols.Contains(port.Text("protocol")))
        {
            errors.NotSupported($"{path}.protocol", port["protocol"], s_protocols);
        }

        var end = port["endPort"];
        if (port["port"] is not { } value)
        {
            if (end is not null)
            {
                errors.Invalid($"{path}.endPort", end, "may not be specified when `port` is not specified");
            }
        }
        else if (JsonTree.AsText(value) is { } name)
        {
            if (end is not null)
            {
                errors.Invalid($"{path}.endPort", end, "may not be specified when `port` is non-numeric");
            }

            errors.InvalidAll($"{path}.port", name, FieldFormats.PortName(name));
        }
        else
        {
            var number = JsonTree.AsLong(value) ?? 0;
            AddressRules.Port(number, $"{path}.port", errors);
            if (JsonTree.AsLong(end) is { } last)
            {
                if (last < number)
                {
                    errors.Invalid($"{path}.endPort", number, "must be greater than or equal to `port`");
                }

                AddressRules.Port(last, $"{path}.endPort", errors);
            }
        }
    }

    private static void Peer(JsonObject peer, string path, FieldErrors errors)
    {
        foreach (var field in (string[])["podSelector", "namespaceSelector"])
        {
            if (peer.Object(field) is { } selector)
            {
                SelectorRules.Terms(selector, $"{path}.{field}", errors);
            }
        }

        if (peer.Object("ipBlock") is { } block)
        {
            AddressRules.Block(block, $"{path}.ipBlock", errors);
            if (peer.Count > 1)
            {
                errors.Forbidden(path, "may not specify both ipBlock and another peer");
            }
        }
        else if (peer.Count == 0)
        {
            errors.Required(path, "must specify a peer");
        }
    }
}
