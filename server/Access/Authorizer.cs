namespace Edge.Server.Access;

/// <summary>
/// Who may do what: masters everything, devices the few things of <see cref="DeviceRules"/>, everybody else what roles
/// give. Anybody may fetch the server's CA, which is how a new device begins.
/// </summary>
internal sealed class Authorizer(RoleIndex roles)
{
    private const string Authority = "/cacerts";

    public AccessDecision Decide(UserInfo user, AccessRequest access)
    {
        if (user.IsMaster || access.Path == Authority)
        {
            return AccessDecision.Yes;
        }

        if (user.IsDevice)
        {
            return DeviceRules.Allow(access) ? AccessDecision.Yes : AccessDecision.No;
        }

        return roles.Decide(user, access);
    }

    public bool Allows(UserInfo user, AccessRequest access) => Decide(user, access).Allowed;

    /// <summary>All rules of a user in the namespace, and which of the roles that it has do not exist.</summary>
    public (IReadOnlyList<PolicyRule> Rules, IReadOnlyList<string> MissingRoles) RulesOf(UserInfo user, string ns) =>
        user.IsDevice ? (DeviceRules.In(ns), []) : roles.RulesOf(user, ns);
}
