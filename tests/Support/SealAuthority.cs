using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Tests.Support;

/// <summary>A node CA in memory, with the certificates it signs.</summary>
public sealed class SealAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _ca;
    private byte _serial;

    public SealAuthority()
    {
        var request = new CertificateRequest("CN=test node CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _ca = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    /// <summary>Of the CA alone.</summary>
    public X509Certificate2Collection Trusted => [_ca];

    /// <summary>With its key.</summary>
    public X509Certificate2 Sign(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        using var signed = request.Create(_ca, _ca.NotBefore, _ca.NotAfter, [++_serial]);
        return signed.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _ca.Dispose();
        _key.Dispose();
    }
}
