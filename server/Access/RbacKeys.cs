using Edge.Server.Schema.Rules;
using Edge.Server.Store;

namespace Edge.Server.Access;

/// <summary>Where roles and bindings lie in the store.</summary>
internal static class RbacKeys
{
    public const string Roles = "roles";
    public const string ClusterRoles = "clusterroles";
    public const string RoleBindings = "rolebindings";
    public const string ClusterRoleBindings = "clusterrolebindings";

    private static readonly string s_roles = StoreKeys.Prefix(RbacRules.Group, Roles);

    /// <summary>The prefix of all four kinds.</summary>
    public static readonly string All = s_roles[..^(Roles.Length + 1)];

    public static readonly string AllClusterRoles = StoreKeys.Prefix(RbacRules.Group, ClusterRoles);

    public static bool IsRole(string key) =>
        key.StartsWith(AllClusterRoles, StringComparison.Ordinal) || key.StartsWith(s_roles, StringComparison.Ordinal);

    /// <summary>The key of the role that a binding names.</summary>
    /// <param name="kind">Role or ClusterRole.</param>
    /// <param name="ns">The binding's namespace, or null.</param>
    /// <param name="name">The role's name.</param>
    public static string OfRole(string kind, string? ns, string name) =>
        Of(kind == "Role" ? Roles : ClusterRoles, kind == "Role" ? ns : null, name);

    public static string Of(string resource, string? ns, string name) =>
        StoreKeys.For(RbacRules.Group, resource, ns, name);
}
