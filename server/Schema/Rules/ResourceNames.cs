using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema.Rules;

/// <summary>The names of resources that Kubernetes itself knows, and the amounts that they may have.</summary>
internal static class ResourceNames
{
    private static readonly string[] s_compute = ["cpu", "memory", "ephemeral-storage"];

    private static readonly string[] s_counted =
    [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ];

    /// <summary>Any resource that stands without a prefix somewhere in the API.</summary>
    public static bool IsStandard(string name) => name == "storage" || IsOfQuota(name)
        || name.StartsWith("hugepages-", StringComparison.Ordinal);

    public static bool IsOfContainers(string name) =>
        s_compute.Contains(name) || name.StartsWith("hugepages-", StringComparison.Ordinal);

    /// <summary>What a ResourceQuota can limit.</summary>
    public static bool IsOfQuota(string name) => s_compute.Contains(name) || s_counted.Contains(name)
        || IsCompute(name, "requests.") || IsCompute(name, "limits.") || name == "requests.storage"
        || name.StartsWith("hugepages-", StringComparison.Ordinal)
        || name.StartsWith("requests.hugepages-", StringComparison.Ordinal);

    /// <summary>True for amounts of cpu, memory and disk, of which pods have requests or limits.</summary>
    public static bool IsCompute(string name) =>
        s_compute.Contains(name) || IsCompute(name, "requests.") || IsCompute(name, "limits.");

    /// <summary>What may be promised to more than one; devices and huge pages may not.</summary>
    public static bool MayBeOvercommitted(string name) =>
        !IsForeign(name) && !name.StartsWith("hugepages-", StringComparison.Ordinal);

    /// <summary>A resource of somebody else, such as devices (IsExtendedResourceName).</summary>
    public static bool IsExtended(string name) =>
        IsForeign(name) && !name.StartsWith("requests.", StringComparison.Ordinal);

    /// <summary>A qualified name, or one that is known. False when it is wrong.</summary>
    public static bool Check(string name, string path, FieldErrors errors)
    {
        var before = errors.All.Count;
        errors.InvalidAll(path, name, Names.Qualified(name));
        if (errors.All.Count == before && !name.Contains('/', StringComparison.Ordinal) && !IsStandard(name))
        {
            errors.Invalid(path, name, "must be a standard resource type or fully qualified");
        }

        return errors.All.Count == before;
    }

    /// <summary>Things are counted in whole numbers. That no amount is negative, the description says.</summary>
    public static void CheckAmount(string name, JsonNode? amount, string path, FieldErrors errors)
    {
        var whole = s_counted.Contains(name) || IsExtended(name);
        if (whole && Quantity.TryParse(JsonTree.AsText(amount), out var value) && !decimal.IsInteger(value.Value))
        {
            errors.Invalid(path, amount, "must be an integer");
        }
    }

    /// <summary>With a domain that is not Kubernetes' own (not IsNativeResource).</summary>
    private static bool IsForeign(string name) => name.Contains('/', StringComparison.Ordinal)
        && !name.Contains("kubernetes.io/", StringComparison.Ordinal);

    private static bool IsCompute(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && s_compute.Contains(name[prefix.Length..]);
}
