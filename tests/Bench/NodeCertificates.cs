using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Proto.Mqtt;
using Edge.Server.Pki;

namespace Edge.Tests.Bench;

/// <summary>Certificates of nodes, each of its own name; all have one key, because making keys is not what is measured.
/// </summary>
internal sealed class NodeCertificates : IDisposable
{
    private readonly string _directory;
    private readonly PkiFiles _pki;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public NodeCertificates(string directory, PkiFiles pki)
    {
        (_directory, _pki) = (directory, pki);
        File.WriteAllText(Path.Combine(directory, "node.key"), _key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>As a Node records it.</summary>
    public string KeyHash => Convert.ToHexStringLower(SHA256.HashData(_key.ExportSubjectPublicKeyInfo()));

    public MqttTls Of(string node)
    {
        var known = In(_directory, _pki.NodeCaFile, node);
        if (!File.Exists(known.CertFile))
        {
            using var made = _pki.NodeCa.SignClient("system:node:" + node, ["system:nodes"], new PublicKey(_key));
            File.WriteAllText(known.CertFile!, made.ExportCertificatePem());
        }

        return known;
    }

    /// <summary>Of a node whose certificate was made before, by this process or another one.</summary>
    public static MqttTls In(string directory, string caFile, string node) =>
        new(caFile, Path.Combine(directory, node + ".crt"), Path.Combine(directory, "node.key"));

    public void Dispose() => _key.Dispose();
}
