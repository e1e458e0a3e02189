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

    // One entry a connection: a chain is built once, not at every request, whatever it says.
    private readonly ConditionalWeakTable<X509Certificate2, Holder> _known = [];

    /// <summary>Whose a certificate is, at which times; nobody's where no CA of ours signed it.</summary>
    private sealed record Holder(UserInfo? User, DateTimeOffset From, DateTimeOffset Until);

    /// <summary>Null when no CA of ours signed it for client authentication, or this is not its time.</summary>
    public UserInfo? Find(X509Certificate2 certificate)
    {
        if (!_known.TryGetValue(certificate, out var holder))
        {
            holder = Verify(certificate);
            _known.AddOrUpdate(certificate, holder);
        }

        // A connection may outlive its certificate.
        var now = time.GetUtcNow();
        return holder.From <= now && now <= holder.Until ? holder.User : null;
    }

    private Holder Verify(X509Certificate2 certificate)
    {
        var (name, groups) = Subject(certificate);
        var isNode = name.StartsWith(UserInfo.NodePrefix, StringComparison.Ordinal) && groups is [UserInfo.Nodes];
        var ca = name.Length == 0 ? null
            : IsSignedBy(certificate, apiCa) ? apiCa
            : isNode && IsSignedBy(certificate, nodeCa) ? nodeCa : null;
        return ca is null ? new Holder(null, default, default) : new Holder(UserInfo.Known(name, groups),
            Later(certificate.NotBefore, ca.NotBefore), Earlier(certificate.NotAfter, ca.NotAfter));

        static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;
        static DateTime Earlier(DateTime one, DateTime other) => one < other ? one : other;
    }

    /// <summary>Whenever that was: the time is looked at again at each request.</summary>
    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 ca)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(ca);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
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
