namespace Edge.Server.Access;

/// <summary>
/// What a device may do, whatever roles say: ask for its certificate, read what it must know to enrol, learn what is
/// served, and ask about itself.
/// </summary>
internal static class DeviceRules
{
    /// <summary>A certificate request with a key of ours has 1 KiB; none of any use has as much.</summary>
    public const int BodyBytesMax = 16 * 1024;

    private const string Public = "kube-public";

    private static readonly PolicyRule[] s_everywhere =
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
        new()
        {
            Verbs = ["get"],
            Urls =
            [
                "/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*", "/version", "/version/*",
                "/api", "/api/*", "/apis", "/apis/*", "/openapi/*",
            ],
        },
    ];

    private static readonly PolicyRule[] s_public =
    [
        .. s_everywhere,
        new() { Verbs = ["get"], Groups = [""], Resources = ["configmaps"], Names = ["edge-cluster"] },
    ];

    public static bool Allow(AccessRequest access)
    {
        foreach (var rule in Of(access.Namespace))
        {
            if (rule.Allows(access))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The rules for one namespace, or for the whole cluster where it is empty.</summary>
    public static IReadOnlyList<PolicyRule> In(string ns) => Of(ns);

    private static PolicyRule[] Of(string ns) => ns == Public ? s_public : s_everywhere;
}
