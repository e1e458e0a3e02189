namespace Edge.Server.Store;

/// <summary>
/// Builds the keys of objects: /registry/&lt;group&gt;/&lt;resource&gt;/[&lt;namespace&gt;/]&lt;name&gt;.
/// </summary>
internal static class StoreKeys
{
    /// <summary>The prefix of all objects.</summary>
    public const string All = "/registry/";

    /// <summary>Stands for the empty API group, so that no key has an empty segment.</summary>
    public const string CoreGroup = "core";

    private const string EventsGroup = "events.k8s.io";

    private static readonly string s_events = Prefix("", "events");
    private static readonly string s_nodeLeases = Prefix("coordination.k8s.io", "leases", "kube-node-lease");

    /// <summary>Events and node leases change often, matter briefly and never touch the disk.</summary>
    public static bool IsMemoryOnly(string key) =>
        IsEvent(key) || key.StartsWith(s_nodeLeases, StringComparison.Ordinal);

    public static bool IsEvent(string key) => key.StartsWith(s_events, StringComparison.Ordinal);

    /// <summary>The key of an object; <paramref name="ns"/> is null or empty for cluster-scoped kinds.</summary>
    public static string For(string group, string resource, string? ns, string name) =>
        Prefix(group, resource, ns) + name;

    /// <summary>
    /// What a key is made of; the namespace is null for cluster-scoped kinds. The group is as in the key.
    /// </summary>
    public static (string Group, string Resource, string? Namespace, string Name) Parts(string key) =>
        key.Split('/') switch
        {
            [_, _, var group, var resource, var ns, var name] => (group, resource, ns, name),
            [_, _, var group, var resource, var name] => (group, resource, null, name),
            _ => throw new ArgumentException($"\"{key}\" is no key of an object", nameof(key)),
        };

    /// <summary>The prefix of all objects of a resource, or of those in one namespace; ends with a slash.</summary>
    public static string Prefix(string group, string resource, string? ns = null)
    {
        // core/v1 and events.k8s.io/v1 are two views of the same events.
        var stored = group is "" or EventsGroup ? CoreGroup : group;
        return string.IsNullOrEmpty(ns) ? $"/registry/{stored}/{resource}/" : $"/registry/{stored}/{resource}/{ns}/";
    }
}
