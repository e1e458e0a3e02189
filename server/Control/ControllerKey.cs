using Edge.Server.Store;

namespace Edge.Server.Control;

/// <summary>Keys of namespaced objects: <c>namespace/name</c>, the end of their store key.</summary>
internal static class ControllerKey
{
    /// <summary>The namespace is empty in the key of a cluster-scoped object.</summary>
    public static (string Namespace, string Name) Split(string key) =>
        key.Split('/') is [var ns, var name] ? (ns, name) : ("", key);

    /// <summary>The keys of all objects of the kind that there are.</summary>
    public static IEnumerable<string> All<T>(ObjectStore store, ResourceKind<T> kind)
    {
        var prefix = kind.Prefix();
        return store.List(prefix).Items.Select(found => found.Key[prefix.Length..]);
    }
}
