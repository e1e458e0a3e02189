using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>Node: pod addresses stay once given, taints are distinct.</summary>
internal static class NodeRules
{
    public static void Check(JsonObject node, JsonObject? old, FieldErrors errors)
    {
        var spec = node.Object("spec");
        Taints(spec, errors);
        Addresses(spec, errors);
        if (old is null)
        {
            return;
        }

        var before = old.Object("spec");
        if (before.Items("podCIDRs").Count > 0 && !JsonTree.Same(before?["podCIDRs"], spec?["podCIDRs"]))
        {
            errors.Forbidden("spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid");
        }

        if (before.Text("providerID") is { Length: > 0 } provider && provider != spec.Text("providerID"))
        {
            errors.Forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
        }
    }

    private static void Taints(JsonObject? spec, FieldErrors errors)
    {
        var seen = new HashSet<(string, string)>();
        var at = 0;
        foreach (var taint in spec.Objects("taints"))
        {
            var path = $"spec.taints[{at++}]";
            errors.InvalidAll($"{path}.value", taint.Text("value"), Names.LabelValue(taint.Text("value")));
            if (!seen.Add((taint.Text("key"), taint.Text("effect"))))
            {
                errors.Duplicate(path, taint.Copy());
            }
        }
    }

    private static void Addresses(JsonObject? spec, FieldErrors errors)
    {
        var list = spec.Items("podCIDRs");
        for (var at = 0; at < list.Count; at++)
        {
            if (!IPNetwork.TryParse(JsonTree.AsText(list[at]), out _))
            {
                errors.Invalid($"spec.podCIDRs[{at}]", list[at],
                    "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
            }
        }

        var first = spec.Text("podCIDR");
        if (first.Length > 0 && list.Count > 0 && JsonTree.AsText(list[0]) != first)
        {
            errors.Invalid("spec.podCIDRs", list[0], "must be equal to spec.podCIDR");
        }
    }
}
