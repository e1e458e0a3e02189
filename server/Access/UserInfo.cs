namespace Edge.Server.Access;

/// <summary>Who asks, as Kubernetes names callers.</summary>
internal sealed record UserInfo(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";
    public const string Nodes = "system:nodes";
    public const string Bootstrappers = "system:bootstrappers";
    public const string NodePrefix = "system:node:";
    public const string BootstrapPrefix = "system:bootstrap:";
    public const string ServiceAccountPrefix = "system:serviceaccount:";
    public const string Authenticated = "system:authenticated";
    public const string Unauthenticated = "system:unauthenticated";

    private static readonly Dictionary<string, IReadOnlyList<string>> s_nothing = [];

    public static UserInfo Anonymous { get; } = new("system:anonymous", [Unauthenticated]);

    /// <summary>Identity of one life of the account; empty where there is none.</summary>
    public string Uid { get; init; } = "";

    /// <summary>Further facts, by key.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = s_nothing;

    public bool IsMaster => IsIn(Masters);

    /// <summary>
    /// A machine that runs pods, or is about to. Such callers have the few rights of <see cref="DeviceRules"/>, and no
    /// role can give them more.
    /// </summary>
    public bool IsDevice => !IsMaster && (IsIn(Nodes) || IsIn(Bootstrappers));

    /// <summary>A caller who proved the name; joins the group of all such.</summary>
    public static UserInfo Known(string name, IEnumerable<string> groups) =>
        new(name, [.. groups.Where(group => group != Authenticated), Authenticated]);

    public static string ServiceAccountName(string ns, string name) => $"{ServiceAccountPrefix}{ns}:{name}";

    /// <summary>The groups of every service account, and of those of one namespace.</summary>
    public static IReadOnlyList<string> ServiceAccountGroups(string ns) =>
        ["system:serviceaccounts", $"system:serviceaccounts:{ns}"];

    /// <summary>The namespace and name of a service account's user; null for other users.</summary>
    public static (string Namespace, string Name)? ServiceAccountOf(string user) =>
        user.StartsWith(ServiceAccountPrefix, StringComparison.Ordinal)
            && user[ServiceAccountPrefix.Length..].Split(':') is [{ Length: > 0 } ns, { Length: > 0 } name]
            ? (ns, name)
            : null;

    public bool IsIn(string group)
    {
        for (var at = 0; at < Groups.Count; at++)
        {
            if (Groups[at] == group)
            {
                return true;
            }
        }

        return false;
    }
}
