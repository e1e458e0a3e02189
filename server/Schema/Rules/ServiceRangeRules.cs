using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Server.Schema.Rules;

/// <summary>ServiceCIDR and IPAddress: ranges and addresses of services (networking/v1).</summary>
internal static class ServiceRangeRules
{
    private const int MaxRanges = 2;

    public static void Range(JsonObject range, JsonObject? old, FieldErrors errors)
    {
        const string path = "spec.cidrs";
        var ranges = range.Object("spec").Items("cidrs");
        if (old is not null)
        {
            errors.Immutable(path, range.Object("spec")?["cidrs"], old.Object("spec")?["cidrs"]);
            return;
        }

        if (ranges.Count == 0)
        {
            errors.Required(path, "at least one CIDR required");
            return;
        }

        if (ranges.Count > MaxRanges)
        {
            errors.Invalid(path, range.Object("spec")?["cidrs"], "may only hold up to 2 values");
            return;
        }

        for (var at = 0; at < ranges.Count; at++)
        {
            AddressRules.Range(JsonTree.AsText(ranges[at]) ?? "", $"{path}[{at}]", errors);
        }

        if (ranges.Count == MaxRanges && IsSix(ranges[0]) == IsSix(ranges[1]))
        {
            errors.Invalid(path, range.Object("spec")?["cidrs"], "may specify no more than one IP for each IP family, "
                + "i.e 192.168.0.0/24 and 2001:db8::/64");
        }
    }

    public static void Address(JsonObject address, JsonObject? old, FieldErrors errors)
    {
        const string path = "spec.parentRef";
        var name = address.Object("metadata").Text("name");
        if (AddressRules.Parse(name) is not { } parsed)
        {
            errors.Invalid("metadata.name", name, $"ParseAddr(\"{name}\"): unable to parse IP");
        }
        else if (new IPAddress(parsed.GetAddressBytes()).ToString() != name)
        {
            errors.Invalid("metadata.name", name, "must be a canonical format IP address");
        }

        if (old is not null)
        {
            errors.Immutable(path, address.Object("spec")?["parentRef"], old.Object("spec")?["parentRef"]);
        }

        if (address.Object("spec").Object("parentRef") is not { } parent)
        {
            errors.Required(path);
            return;
        }

        if (parent.Text("group") is { Length: > 0 } group)
        {
            errors.InvalidAll($"{path}.group", group, Names.Subdomain(group));
        }

        foreach (var field in (string[])["resource", "name"])
        {
            if (parent.Text(field).Length == 0)
            {
                errors.Required($"{path}.{field}");
            }

            errors.InvalidAll($"{path}.{field}", parent[field], Names.PathSegment(parent.Text(field)));
        }
    }

    private static bool IsSix(JsonNode? range) =>
        JsonTree.AsText(range)?.Contains(':', StringComparison.Ordinal) == true;
}
