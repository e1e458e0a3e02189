namespace Edge.Server.Access;

/// <summary>
/// What a device may do, whatever roles say: ask for its certificate, read what it must know to enrol, learn what is
/// served, and ask about itself.
/// </summary>
internal static class DeviceRules
{
    /// <summary>A certificate request with a key of ours has 1 KiB; none of any use has as much.</summary>
    public const int BodyBytesMax = 16 * 1024;

    private static readonly string[] s_open = ["/healthz", "/livez", "/readyz", "/version"];

    public static bool Allow(AccessRequest access) => access.IsResource
        ? IsReviewOfSelf(access) || IsEnrolment(access)
        : access.Verb == "get" && (IsOpen(access.Path) || IsDiscovery(access.Path));

    /// <summary>The same as rules, for those who ask what they may do.</summary>
    public static IReadOnlyList<PolicyRule> In(string ns) =>
    [
        new()
        {
            Verbs = ["create"], Groups = ["authorization.k8s.io"],
            Resources = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        },
        new() { Verbs = ["create"], Groups = ["authentication.k8s.io"], Resources = ["selfsubjectreviews"] },
        new()
        {
            Verbs = ["create", "get"], Groups = ["certificates.k8s.io"], Resources = ["certificatesigningrequests"],
        },
        .. ns == "kube-public"
            ? (PolicyRule[])
                [new() { Verbs = ["get"], Groups = [""], Resources = ["configmaps"], Names = ["edge-cluster"] }]
            : [],
        new()
        {
            Verbs = ["get"],
            Urls = [.. s_open, .. s_open.Select(path => path + "/*"), "/api", "/api/*", "/apis", "/apis/*",
                "/openapi/*"],
        },
    ];

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
