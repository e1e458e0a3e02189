using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Proto.Link;
using Edge.Proto.Mqtt;

namespace Edge.Tests.Server.Link;

/// <summary>A node CA with what it signs, as PEM files in one folder.</summary>
internal sealed class LinkCertificates : IDisposable
{
    private readonly string _folder;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _ca;
    private byte _serial;

    public LinkCertificates(string folder)
    {
        _folder = folder;
        var request = new CertificateRequest("CN=test node CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _ca = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        File.WriteAllText(CaFile, _ca.ExportCertificatePem());
    }

    public string CaFile => Path.Combine(_folder, "ca.crt");

    public MqttTls Broker() => Issue("broker", "broker");

    public MqttTls Node(string name) => Issue(name, Topics.UserPrefix + name);

    public MqttTls Named(string file, string commonName) => Issue(file, commonName);

    public void Dispose()
    {
        _ca.Dispose();
        _key.Dispose();
    }

    private MqttTls Issue(string file, string commonName)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_ca, _ca.NotBefore, _ca.NotAfter, [++_serial]);
        var tls = new MqttTls(CaFile, Path.Combine(_folder, file + ".crt"), Path.Combine(_folder, file + ".key"));
        File.WriteAllText(tls.CertFile!, signed.ExportCertificatePem());
        File.WriteAllText(tls.KeyFile!, key.ExportPkcs8PrivateKeyPem());
        return tls;
    }
}
