using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Server.Pki;

/// <summary>
/// A CA: an ECDSA P-256 key and its self-signed certificate. Signs what it is told to; checks nothing.
/// </summary>
internal sealed class CertificateAuthority(X509Certificate2 certificate)
{
    /// <summary>
    /// No clock may lock anybody out: what travels on the link and the API's own certificate never expire.
    /// </summary>
    public static readonly DateTimeOffset Always = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private const int SerialBytes = 16;

    private static readonly Oid ServerAuth = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientAuth = new("1.3.6.1.5.5.7.3.2");

    /// <summary>With its private key.</summary>
    public X509Certificate2 Certificate { get; } = certificate;

    public string CertificatePem => Certificate.ExportCertificatePem();

    /// <summary>What an agent pins, in kubeadm's form: SHA-256 over the subject's public key info.</summary>
    public string PublicKeyPin =>
        "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    public static CertificateAuthority Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature,
            critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return new CertificateAuthority(request.CreateSelfSigned(Always, Forever));
    }

    public X509Certificate2 SignServer(string name, PublicKey key, SubjectAlternativeNameBuilder names)
    {
        var request = Leaf(new X500DistinguishedName($"CN={name}"), key, ServerAuth, ClientAuth);
        request.CertificateExtensions.Add(names.Build());
        return Sign(request);
    }

    /// <summary>
    /// A certificate that proves who its holder is: CN is the user, each O a group. The name is built here and holds
    /// nothing else: readers of a name that somebody else wrote need not agree on which of its parts counts.
    /// </summary>
    public X509Certificate2 SignClient(string user, IReadOnlyList<string> groups, PublicKey key) =>
        SignClient(user, groups, key, Always, Forever);

    /// <summary>The same for a time; the key may be of another algorithm than the CA's.</summary>
    public X509Certificate2 SignClient(
        string user, IReadOnlyList<string> groups, PublicKey key, DateTimeOffset from, DateTimeOffset until)
    {
        var subject = new X500DistinguishedNameBuilder();
        foreach (var group in groups)
        {
            subject.AddOrganizationName(group);
        }

        subject.AddCommonName(user);
        return Sign(Leaf(subject.Build(), key, ClientAuth), from, until);
    }

    /// <summary>
    /// A node's, for ever. The serial number follows from the key, so that who knows the key's hash can revoke it
    /// (<see cref="Revoke"/>) without a record of what was signed.
    /// </summary>
    public X509Certificate2 SignNode(string user, string group, PublicKey key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddOrganizationName(group);
        subject.AddCommonName(user);
        return Sign(
            Leaf(subject.Build(), key, ClientAuth), Always, Forever,
            SerialOf(SHA256.HashData(key.ExportSubjectPublicKeyInfo())));
    }

    /// <summary>
    /// A revocation list, in PEM, of node certificates by the hashes of their keys (SHA-256 of the subject's public key
    /// info, hexadecimal). Good at all times, as the certificates are: a list that ends would lock every node out.
    /// </summary>
    public string Revoke(IEnumerable<string> keyHashes)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var hash in keyHashes.Order(StringComparer.Ordinal))
        {
            list.AddEntry(SerialOf(Convert.FromHexString(hash)), Always);
        }

        var bytes = list.Build(Certificate, 1, Forever, HashAlgorithmName.SHA256, thisUpdate: Always);
        return PemEncoding.WriteString("X509 CRL", bytes) + "\n";
    }

    /// <summary>Positive, and no byte of it too many: as DER wants an integer.</summary>
    private static byte[] SerialOf(ReadOnlySpan<byte> keyHash)
    {
        var serial = keyHash[..SerialBytes].ToArray();
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
        return serial;
    }

    private static CertificateRequest Leaf(X500DistinguishedName subject, PublicKey key, params Oid[] usages)
    {
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        var oids = new OidCollection();
        foreach (var usage in usages)
        {
            oids.Add(usage);
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(oids, critical: false));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request) => Sign(request, Always, Forever);

    private X509Certificate2 Sign(CertificateRequest request, DateTimeOffset from, DateTimeOffset until) =>
        Sign(request, from, until, SerialOf(RandomNumberGenerator.GetBytes(SerialBytes)));

    private X509Certificate2 Sign(
        CertificateRequest request, DateTimeOffset from, DateTimeOffset until, byte[] serial)
    {
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(Certificate, true, false));
        using var key = Certificate.GetECDsaPrivateKey()!;
        return request.Create(
            Certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, until, serial);
    }
}
