using Edge.Server.Api.Http;

namespace Edge.Server.Api.Identity;

/// <summary>What is asked for, in the words of Kubernetes' authorization.</summary>
internal sealed record AccessRequest(
    string Verb, string Group, string Resource, string Subresource, string Namespace, string Name, string Path)
{
    public static AccessRequest Of(string verb, RequestPath path) => new(
        verb, path.Group, path.Resource, path.Subresource, path.Namespace, path.Name,
        path.IsResource ? "" : path.Path);
}

/// <summary>
/// Who may do what until roles exist: masters everything; devices that enrol, and nodes, only what enrolment needs;
/// anybody may probe and fetch the CA.
/// </summary>
internal static class Authorizer
{
    /// <summary>A certificate request with a key of ours has 1 KiB; none of any use has as much.</summary>
    private const int DeviceBytesMax = 16 * 1024;

    private static readonly string[] s_open = ["/healthz", "/livez", "/readyz", "/version", "/cacerts"];

    public static bool Allows(UserInfo user, AccessRequest access)
    {
        if (user.IsIn(UserInfo.Masters))
        {
            return true;
        }

        if (access.Path.Length > 0)
        {
            return IsOpen(access.Path) || (!user.IsAnonymous && access.Verb == "get" && IsDiscovery(access.Path));
        }

        return !user.IsAnonymous && (IsReviewOfSelf(access) || (IsEnrolling(user) && IsEnrolment(access)));
    }

    /// <summary>Kubernetes' words for a refusal.</summary>
    public static StatusException Refusal(UserInfo user, AccessRequest access)
    {
        if (access.Path.Length > 0)
        {
            return Errors.Forbidden(
                $"forbidden: User \"{user.Name}\" cannot {access.Verb} path \"{access.Path}\"", "", "", "");
        }

        var resource = access.Subresource.Length > 0 ? $"{access.Resource}/{access.Subresource}" : access.Resource;
        var plural = access.Group.Length == 0 ? access.Resource : $"{access.Resource}.{access.Group}";
        var subject = access.Name.Length == 0 ? plural : $"{plural} \"{access.Name}\"";
        var scope = access.Namespace.Length == 0 ? "at the cluster scope" : $"in the namespace \"{access.Namespace}\"";
        return Errors.Forbidden(
            $"{subject} is forbidden: User \"{user.Name}\" cannot {access.Verb} resource \"{resource}\" "
            + $"in API group \"{access.Group}\" {scope}", access.Group, access.Resource, access.Name);
    }

    /// <summary>True for callers who see of the certificate requests only their own.</summary>
    public static bool SeesOnlyOwnRequests(UserInfo user) => !user.IsIn(UserInfo.Masters);

    /// <summary>How large a body the caller may send; devices are many, and at first strangers.</summary>
    public static int BodyBytesMax(UserInfo user) =>
        user.IsIn(UserInfo.Masters) ? RequestBody.BytesMax : DeviceBytesMax;

    private static bool IsEnrolling(UserInfo user) =>
        user.IsIn(UserInfo.Bootstrappers) || user.IsIn(UserInfo.Nodes);

    private static bool IsEnrolment(AccessRequest access) => access switch
    {
        { Group: "certificates.k8s.io", Resource: "certificatesigningrequests", Subresource: "" } =>
            access.Verb is "create" or "get",
        { Group: "", Resource: "configmaps", Subresource: "", Namespace: "kube-public", Name: "edge-cluster" } =>
            access.Verb == "get",
        _ => false,
    };

    private static bool IsReviewOfSelf(AccessRequest access) => access.Verb == "create" && (
        access is { Group: "authorization.k8s.io", Resource: "selfsubjectaccessreviews" or "selfsubjectrulesreviews" }
        || access is { Group: "authentication.k8s.io", Resource: "selfsubjectreviews" });

    private static bool IsOpen(string path) =>
        s_open.Any(open => path == open || path.StartsWith(open + "/", StringComparison.Ordinal));

    private static bool IsDiscovery(string path) =>
        path is "/api" or "/apis" || path.StartsWith("/api/", StringComparison.Ordinal)
        || path.StartsWith("/apis/", StringComparison.Ordinal)
        || path.StartsWith("/openapi/", StringComparison.Ordinal);
}
