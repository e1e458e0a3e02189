using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Whether a TLS server is the one this node was told to trust: its chain ends in the CA from a file, or in one whose
/// public key has the pinned hash. Dates do not count (a device may have no clock); names do.
/// </summary>
internal sealed class ServerTrust(string? caCertHash, X509Certificate2Collection authorities)
{
    /// <summary>The CAs themselves.</summary>
    public string Pem => authorities.ExportCertificatePems() + "\n";

    /// <summary>Why the last connection was refused; null when it was not.</summary>
    public string? Refusal { get; private set; }

    public bool Accepts(X509Certificate? presented, X509Chain? sent, SslPolicyErrors errors)
    {
        Refusal = Check(presented, sent, errors);
        return Refusal is null;
    }

    private string? Check(X509Certificate? presented, X509Chain? sent, SslPolicyErrors errors)
    {
        if (presented is not X509Certificate2 leaf)
        {
            return "the server showed no certificate";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return "the server's certificate is for another name than the one in \"server\"";
        }

        var trusted = new X509Certificate2Collection(authorities);
        var offered = sent?.ChainPolicy.ExtraStore ?? [];
        foreach (var candidate in offered.Concat(sent?.ChainElements.Select(element => element.Certificate) ?? []))
        {
            if (IsPinned(candidate))
            {
                trusted.Add(candidate);
            }
        }

        if (trusted.Count == 0)
        {
            return "the server shows no CA with the pinned hash (caCertHash)";
        }

        return ChainsTo(leaf, trusted, offered) ? null : "the server's certificate does not come from the trusted CA";
    }

    private bool IsPinned(X509Certificate2 candidate) =>
        caCertHash is not null
        && Convert.ToHexStringLower(SHA256.HashData(candidate.PublicKey.ExportSubjectPublicKeyInfo())) == caCertHash;

    private static bool ChainsTo(
        X509Certificate2 leaf, X509Certificate2Collection trusted, X509Certificate2Collection offered)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.ExtraStore.AddRange(offered);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(leaf)
            || chain.ChainStatus.All(status => status.Status is X509ChainStatusFlags.NotTimeValid
                or X509ChainStatusFlags.NoError);
    }
}
