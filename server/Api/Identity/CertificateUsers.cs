using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Server.Access;

namespace Edge.Server.Api.Identity;

/// <summary>
/// Turns client certificates into users: one signed by the API's CA names any user and groups, one signed by the node
/// CA only a node, so that the CA that signs agents cannot make an administrator.
/// </summary>
internal sealed class CertificateUsers(X509Certificate2 apiCa, X509Certificate2 nodeCa, TimeProvider time)
{
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";

    // One entry a connection: a chain is built once, not at every request.
    private readonly ConditionalWeakTable<X509Certificate2, Holder> _known = [];

    private sealed record Holder(UserInfo User, DateTimeOffset Until);

    /// <summary>Null when no CA of ours signed it for client authentication, or its time is over.</summary>
    public UserInfo? Find(X509Certificate2 certificate)
    {
        if (!_known.TryGetValue(certificate, out var holder))
        {
            if (Verify(certificate) is not { } user)
            {
                return null;
            }

            holder = new Holder(user, certificate.NotAfter);
            _known.AddOrUpdate(certificate, holder);
        }

        // A connection may outlive its certificate.
        return time.GetUtcNow() <= holder.Until ? holder.User : null;
    }

    private UserInfo? Verify(X509Certificate2 certificate)
    {
        var (name, groups) = Subject(certificate);
        if (name.Length == 0)
        {
            return null;
        }

        if (IsSignedBy(certificate, apiCa))
        {
            return UserInfo.Known(name, groups);
        }

        return name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal)
            && groups is [UserInfo.Nodes]
            && IsSignedBy(certificate, nodeCa)
            ? UserInfo.Known(name, groups)
            : null;
    }

    /// <summary>
    /// The chain policy reads the server's clock. That locks no device out, whatever the clock says: their certificates
    /// have no end.
    /// </summary>
    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 ca)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuth));
        return chain.Build(certificate);
    }

    private static (string Name, List<string> Groups) Subject(X509Certificate2 certificate)
    {
        var (name, groups) = ("", new List<string>());
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
            {
                continue;
            }

            switch (part.GetSingleElementType().Value)
            {
                case CommonName:
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case Organization:
                    groups.Add(part.GetSingleElementValue() ?? "");
                    break;
            }
        }

        return (name, groups);
    }
}
