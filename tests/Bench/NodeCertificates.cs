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
        File.WriteAllText(KeyFile, _key.ExportPkcs8PrivateKeyPem());
    }

    private string KeyFile => Path.Combine(_directory, "node.key");

    public MqttTls Of(string node)
    {
        var file = Path.Combine(_directory, node + ".crt");
        if (!File.Exists(file))
        {
            using var made = _pki.NodeCa.SignClient("system:node:" + node, ["system:nodes"], new PublicKey(_key));
            File.WriteAllText(file, made.ExportCertificatePem());
        }

        return new MqttTls(_pki.NodeCaFile, file, KeyFile);
    }

    public void Dispose() => _key.Dispose();
}
