using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;
using Edge.Server.Pki;

namespace Edge.Tests.Server.Link;

/// <summary>A node CA with what it signs, as PEM files in one folder.</summary>
internal sealed class LinkCertificates : IDisposable
{
    private readonly string _folder;
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("test node CA");

    public LinkCertificates(string folder)
    {
        _folder = folder;
        File.WriteAllText(CaFile, _ca.CertificatePem);
    }

    public string CaFile => Path.Combine(_folder, "ca.crt");

    public MqttTls Named(string file, string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = _ca.SignNode(commonName, "system:nodes", new PublicKey(key));
        return Write(file, signed, key);
    }

    public MqttTls Broker()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        using var signed = _ca.SignServer("broker", new PublicKey(key), names);
        return Write("broker", signed, key);
    }

    /// <summary>Another key of the node at each call; what was written before is overwritten.</summary>
    public MqttTls Node(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = _ca.SignNode(Topics.UserPrefix + name, "system:nodes", new PublicKey(key));
        return Write(name, signed, key);
    }

    public string Revoke(params string[] keyHashes) => _ca.Revoke(keyHashes);

    /// <summary>By which a key is denied.</summary>
    public static string KeyHash(MqttTls tls)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(tls.CertFile!);
        return Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    public void Dispose() => _ca.Certificate.Dispose();

    private MqttTls Write(string file, X509Certificate2 signed, ECDsa key)
    {
        var tls = new MqttTls(CaFile, Path.Combine(_folder, file + ".crt"), Path.Combine(_folder, file + ".key"));
        File.WriteAllText(tls.CertFile!, signed.ExportCertificatePem());
        File.WriteAllText(tls.KeyFile!, key.ExportPkcs8PrivateKeyPem());
        return tls;
    }
}
