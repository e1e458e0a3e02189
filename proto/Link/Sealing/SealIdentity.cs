using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Proto.Link.Sealing;

/// <summary>
/// Who one end is: its long-lived key with its certificate, and the CA that makes both ends' names true. Dates do not
/// count, as everywhere on the link.
/// </summary>
/// <param name="own">With its private key, ECDSA P-256.</param>
/// <param name="authorities">The node CA; the server's own certificate is signed by it too.</param>
/// <param name="isDenied">
/// Whether a key is not believed any more, by its hash (SHA-256 of the public key info, lower-case hexadecimal).
/// </param>
public sealed class SealIdentity(
    X509Certificate2 own, X509Certificate2Collection authorities, Func<string, bool>? isDenied = null)
{
    /// <summary>
    /// The common name of the server's certificate. No node gets it: all of theirs begin with
    /// <see cref="Topics.UserPrefix"/>.
    /// </summary>
    public const string ServerName = "system:edge-server";

    /// <summary>Some ten times what a certificate of ours has.</summary>
    private const int CertificateBytesMax = 4096;

    private const string CommonName = "2.5.4.3";
    private const DSASignatureFormat Format = DSASignatureFormat.IeeeP1363FixedFieldConcatenation;

    /// <summary>DER.</summary>
    public ReadOnlyMemory<byte> Certificate => own.RawDataMemory;

    /// <param name="certFile">PEM.</param>
    /// <param name="keyFile">PEM of the certificate's private key.</param>
    /// <param name="authorityFile">PEM of one CA or more.</param>
    /// <exception cref="CryptographicException">The key is not the certificate's, or a file is none.</exception>
    public static SealIdentity Read(string certFile, string keyFile, string authorityFile)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(authorityFile);
        return new SealIdentity(X509Certificate2.CreateFromPemFile(certFile, keyFile), authorities);
    }

    internal byte[] Sign(byte[] text)
    {
        using var key = own.GetECDsaPrivateKey() ?? throw new CryptographicException("the key is not one of ECDSA");
        return key.SignData(text, HashAlgorithmName.SHA256, Format);
    }

    /// <summary>Whether the holder of this name signed the text.</summary>
    internal bool IsSignedBy(string name, ReadOnlySpan<byte> certificate, byte[] text, ReadOnlySpan<byte> signature) =>
        KeyThatSigned(name, certificate, text, signature) is not null;

    /// <summary>SHA-256 of the public key by which the holder of this name signed the text, or null.</summary>
    internal byte[]? KeyThatSigned(
        string name, ReadOnlySpan<byte> certificate, byte[] text, ReadOnlySpan<byte> signature)
    {
        if (certificate.Length > CertificateBytesMax)
        {
            return null;
        }

        try
        {
            using var signer = X509CertificateLoader.LoadCertificate(certificate);
            // Nothing else of a certificate is read before the CA vouches for it.
            if (NameOf(signer) != name || !IsIssued(signer))
            {
                return null;
            }

            using var key = signer.GetECDsaPublicKey();
            if (key is null || !key.VerifyData(text, signature, HashAlgorithmName.SHA256, Format))
            {
                return null;
            }

            var hash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
            return isDenied?.Invoke(Convert.ToHexStringLower(hash)) == true ? null : hash;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Null unless there is one name and no more: two readers must not see two.</summary>
    private static string? NameOf(X509Certificate2 certificate)
    {
        string? name = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || (name is not null && part.GetSingleElementType().Value == CommonName))
            {
                return null;
            }

            name = part.GetSingleElementType().Value == CommonName ? part.GetSingleElementValue() : name;
        }

        return name;
    }

    private bool IsIssued(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        return chain.Build(certificate);
    }
}
