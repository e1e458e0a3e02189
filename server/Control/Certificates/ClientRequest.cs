using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Edge.Server.Control.Certificates;

/// <summary>A readable request of a client of the API: who it wants to be, in which groups, and its key.</summary>
internal sealed record ClientRequest(string User, IReadOnlyList<string> Groups, PublicKey Key)
{
    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationOid = "2.5.4.10";

    /// <summary>Shorter keys of RSA can be broken; longer ones only cost time.</summary>
    private const int RsaBitsMin = 2048;
    private const int RsaBitsMax = 8192;

    private static readonly string[] s_usages = ["digital signature", "key encipherment", "client auth"];

    /// <summary>
    /// Names that this server gives by other proofs: the node CA's certificates, tokens. A client's certificate must
    /// not make its holder one of them, whoever approved it.
    /// </summary>
    private static readonly string[] s_users = ["system:node:", "system:bootstrap:", "system:serviceaccount:"];

    private static readonly string[] s_groups =
        ["system:masters", "system:nodes", "system:bootstrappers", "system:serviceaccounts"];

    /// <summary>
    /// The request, or what is wrong with it (the rules of kubernetes.io/kube-apiserver-client, and ours).
    /// </summary>
    public static (ClientRequest? Request, string Problem) Parse(byte[] pem, IReadOnlyList<string> usages)
    {
        foreach (var usage in usages)
        {
            if (!s_usages.Contains(usage))
            {
                return (null, $"invalid usage for client certificate: {usage}");
            }
        }

        if (!usages.Contains("client auth"))
        {
            return (null, "missing required usage for client certificate: client auth");
        }

        try
        {
            // Loading checks the request's own signature, which proves that the sender has the key.
            return Read(CertificateRequest.LoadSigningRequestPem(
                Encoding.ASCII.GetString(pem), HashAlgorithmName.SHA256));
        }
        catch (Exception broken) when (
            broken is CryptographicException or ArgumentException or NotSupportedException)
        {
            // Also of a name that is well signed and badly made, which is read only when it is asked for.
            return (null, "spec.request is not a PKCS#10 request that its own key has signed");
        }
    }

    private static (ClientRequest? Request, string Problem) Read(CertificateRequest request)
    {
        var (users, groups) = Names(request.SubjectName);
        return !IsStrong(request.PublicKey)
            ? (null, $"the key must be ECDSA, or RSA of {RsaBitsMin} to {RsaBitsMax} bits")
            : users is not [{ Length: > 0 } user] ? (null, "subject must hold one common name")
            : Reserved(user, groups) is { } name ? (null, $"\"{name}\" is not given by client certificates")
            : (new ClientRequest(user, groups, request.PublicKey), "");
    }

    private static bool IsStrong(PublicKey key)
    {
        using var curve = key.GetECDsaPublicKey();
        using var rsa = curve is null ? key.GetRSAPublicKey() : null;
        return curve is not null || rsa is { KeySize: >= RsaBitsMin and <= RsaBitsMax };
    }

    private static string? Reserved(string user, List<string> groups) =>
        s_users.Any(prefix => user.StartsWith(prefix, StringComparison.Ordinal)) ? user
        : groups.Find(group => s_groups.Any(
            name => group == name || group.StartsWith(name + ":", StringComparison.Ordinal)));

    /// <summary>Of a part with several values nothing is taken.</summary>
    private static (List<string> Users, List<string> Groups) Names(X500DistinguishedName subject)
    {
        var (users, groups) = (new List<string>(), new List<string>());
        foreach (var part in subject.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementValue() is { } value)
            {
                switch (part.GetSingleElementType().Value)
                {
                    case CommonNameOid:
                        users.Add(value);
                        break;
                    case OrganizationOid when value.Length > 0:
                        groups.Add(value);
                        break;
                }
            }
        }

        return (users, groups);
    }
}
