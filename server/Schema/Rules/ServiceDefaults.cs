using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>The defaults of a service that depend on other fields. Addresses are given by whoever has them.</summary>
internal static class ServiceDefaults
{
    /// <summary>Three hours, as upstream.</summary>
    private const int AffinitySeconds = 10800;

    public static void Fill(JsonObject service)
    {
        var spec = service.Ensure("spec");
        var type = spec.Text("type") is { Length: > 0 } given ? given : "ClusterIP";
        foreach (var port in spec.Objects("ports"))
        {
            if (port["targetPort"] is null || port["targetPort"]!.ToString() is "" or "0")
            {
                port["targetPort"] = port["port"]?.DeepClone();
            }
        }

        if (spec.Text("sessionAffinity") == "ClientIP")
        {
            var client = spec.Ensure("sessionAffinityConfig").Ensure("clientIP");
            client["timeoutSeconds"] ??= AffinitySeconds;
        }

        if (type == "ExternalName")
        {
            return;
        }

        if (spec.Text("clusterIP") is { Length: > 0 } address && spec.Items("clusterIPs").Count == 0)
        {
            spec["clusterIPs"] = new JsonArray((JsonNode)address);
        }

        spec["internalTrafficPolicy"] ??= "Cluster";
        if (type is "NodePort" or "LoadBalancer" && spec.Text("externalTrafficPolicy").Length == 0)
        {
            spec["externalTrafficPolicy"] = "Cluster";
        }

        if (type == "LoadBalancer")
        {
            spec["allocateLoadBalancerNodePorts"] ??= true;
        }

        // Only IPv4 is routed; a service without selector that has no address either may be of any family.
        if (spec.Object("selector") is { Count: > 0 } || spec.Text("clusterIP") != "None")
        {
            spec["ipFamilyPolicy"] ??= "SingleStack";
            spec["ipFamilies"] ??= new JsonArray((JsonNode)"IPv4");
        }
    }
}
