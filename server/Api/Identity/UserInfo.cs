namespace Edge.Server.Api.Identity;

/// <summary>Who asks, as Kubernetes names callers.</summary>
internal sealed record UserInfo(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";
    public const string Nodes = "system:nodes";
    public const string Bootstrappers = "system:bootstrappers";
    public const string NodePrefix = "system:node:";
    public const string BootstrapPrefix = "system:bootstrap:";

    private const string Authenticated = "system:authenticated";

    public static UserInfo Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    public bool IsAnonymous => ReferenceEquals(this, Anonymous);

    /// <summary>A caller who proved the name; joins the group of all such.</summary>
    public static UserInfo Known(string name, IEnumerable<string> groups) =>
        new(name, [.. groups.Where(group => group != Authenticated), Authenticated]);

    public bool IsIn(string group) => Groups.Contains(group);
}
