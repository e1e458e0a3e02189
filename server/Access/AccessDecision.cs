namespace Edge.Server.Access;

/// <summary>Whether a request may go on, and why.</summary>
internal sealed record AccessDecision
{
    private readonly Grant? _by;
    private readonly string _reason = "";

    private AccessDecision(bool allowed, Grant? by, string reason) => (Allowed, _by, _reason) = (allowed, by, reason);

    public static AccessDecision Yes { get; } = new(true, null, "");

    public static AccessDecision No { get; } = new(false, null, "");

    public bool Allowed { get; }

    /// <summary>As kube-apiserver words it; empty where nothing is to be said.</summary>
    public string Reason => _by is null ? _reason : $"RBAC: allowed by {_by}";

    public static AccessDecision By(Grant grant) => new(true, grant, "");

    /// <summary>Refused, while roles that might have allowed it could not be found.</summary>
    public static AccessDecision Without(IReadOnlyList<string> missingRoles) => missingRoles switch
    {
        [] => No,
        [var one] => new(false, null, $"RBAC: {one}"),
        _ => new(false, null, $"RBAC: [{string.Join(", ", missingRoles)}]"),
    };
}
