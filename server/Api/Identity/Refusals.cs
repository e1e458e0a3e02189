using Edge.Server.Access;
using Edge.Server.Api.Http;

namespace Edge.Server.Api.Identity;

/// <summary>Refusals in Kubernetes' words.</summary>
internal static class Refusals
{
    public static StatusException Of(UserInfo user, AccessRequest access, AccessDecision decision)
    {
        var why = access.RefusalOf(user, decision.Reason);
        if (!access.IsResource)
        {
            return Errors.Forbidden($"forbidden: {why}", "", "", "");
        }

        var plural = access.Group.Length == 0 ? access.Resource : $"{access.Resource}.{access.Group}";
        var subject = access.Name.Length == 0 ? plural : $"{plural} \"{access.Name}\"";
        return Errors.Forbidden($"{subject} is forbidden: {why}", access.Group, access.Resource, access.Name);
    }
}
