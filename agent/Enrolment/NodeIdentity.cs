using System.Security.Cryptography;

namespace Edge.Agent.Enrolment;

/// <summary>
/// Who this node is: its key, its certificate, the cluster it belongs to and the broker it dials. Files under the data
/// directory; the certificate is written last, so that it being there means that all is there.
/// </summary>
internal sealed class NodeIdentity(string pkiDir)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string KeyFile => Path.Combine(pkiDir, "node.key");

    public string CertFile => Path.Combine(pkiDir, "node.crt");

    public string NodeCaFile => Path.Combine(pkiDir, "node-ca.crt");

    public bool IsEnrolled => File.Exists(CertFile);

    public string ClusterUid => File.ReadAllText(ClusterUidFile).Trim();

    public BrokerAddress Broker => BrokerAddress.Parse(File.ReadAllText(BrokerFile));

    private string ClusterUidFile => Path.Combine(pkiDir, "cluster-uid");

    /// <summary>Holds the CA of a broker that is not the cluster's own as well.</summary>
    public string BrokerFile => Path.Combine(pkiDir, "broker");

    /// <summary>The node's key, made once: an interrupted enrolment goes on with the same identity.</summary>
    public ECDsa Key()
    {
        Directory.CreateDirectory(pkiDir, OwnerOnly | UnixFileMode.UserExecute);
        if (File.Exists(KeyFile))
        {
            var stored = ECDsa.Create();
            stored.ImportFromPem(File.ReadAllText(KeyFile));
            return stored;
        }

        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
        return key;
    }

    public void Store(string clusterUid, BrokerAddress broker, string nodeCaPem, string certificatePem)
    {
        Write(ClusterUidFile, clusterUid);
        Write(BrokerFile, broker.Text);
        Write(NodeCaFile, nodeCaPem);
        Write(CertFile, certificatePem);
    }

    /// <summary>Whole and synced under another name first: a power cut leaves the old file or the new one.</summary>
    private static void Write(string path, string text)
    {
        var draft = path + ".new";
        File.Delete(draft);
        using (var file = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
    }
}
