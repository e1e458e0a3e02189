namespace Edge.Server.Access;

/// <summary>The rules of a role as they are now; null while there is no such role.</summary>
internal sealed class RoleRules(string kind, string name)
{
    private volatile IReadOnlyList<PolicyRule>? _rules;

    public string Kind { get; } = kind;

    public string Name { get; } = name;

    /// <summary>Set by the index alone.</summary>
    public IReadOnlyList<PolicyRule>? Rules { get => _rules; set => _rules = value; }

    /// <summary>How many bindings name it; counted by the index alone.</summary>
    public int Bindings { get; set; }

    /// <summary>What kube-apiserver says of a role that a binding names and nobody made.</summary>
    public string NotFound => $"{Kind.ToLowerInvariant()}.rbac.authorization.k8s.io \"{Name}\" not found";
}

/// <summary>What one binding gives to one of its subjects.</summary>
internal sealed class Grant
{
    private readonly string _binding;
    private readonly string _subject;

    /// <param name="binding">The binding as messages name it.</param>
    /// <param name="subject">The subject as messages name it.</param>
    /// <param name="role">The role that it gives.</param>
    public Grant(string binding, string subject, RoleRules role)
    {
        (_binding, _subject, Role) = (binding, subject, role);
        Decision = AccessDecision.By(this);
    }

    public RoleRules Role { get; }

    /// <summary>The answer to whatever it allows; one object for all requests.</summary>
    public AccessDecision Decision { get; }

    /// <summary>True where both come of the same binding.</summary>
    public bool IsOfBinding(Grant other) => ReferenceEquals(_binding, other._binding);

    public override string ToString() => $"{_binding} of {Role.Kind} \"{Role.Name}\" to {_subject}";
}
