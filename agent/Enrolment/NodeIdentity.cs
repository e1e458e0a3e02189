using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Edge.Agent.Enrolment;

/// <summary>A certificate and its key, as files.</summary>
internal sealed record KeyPair(string CertFile, string KeyFile);

/// <summary>
/// Who this node is: its key, its certificate, the cluster it belongs to, where its API and its broker are. Files under
/// the data directory; the certificate is written last, so that it being there means that all is there.
/// </summary>
internal sealed class NodeIdentity(string pkiDir, IKeyDisk disk)
{
    private const string Key1 = "node.key";
    private const string Certificate1 = "node.crt";
    private const string Key2 = "node.key.next";
    private const string Certificate2 = "node.crt.next";
    private const string NodeCa = "node-ca.crt";
    private const string ApiCa = "api-ca.crt";
    private const string Cluster = "cluster-uid";
    private const string BrokerUrl = "broker";
    private const string NextBrokerUrl = "broker.next";
    private const string ServerUrl = "server";

    /// <summary>Finishes what a power cut left half done, before anything of it is used.</summary>
    public static NodeIdentity Open(string pkiDir)
    {
        var identity = new NodeIdentity(pkiDir, new KeyDisk(pkiDir));
        identity.Recover();
        return identity;
    }

    public KeyPair Present => new(Path.Combine(pkiDir, Certificate1), Path.Combine(pkiDir, Key1));

    /// <summary>Of the key that is to follow; its files are there only meanwhile.</summary>
    public KeyPair Next => new(Path.Combine(pkiDir, Certificate2), Path.Combine(pkiDir, Key2));

    public string NodeCaFile => Path.Combine(pkiDir, NodeCa);

    public bool IsEnrolled => disk.Read(Certificate1) is not null;

    public string ClusterUid => Known(Cluster);

    public BrokerAddress Broker => BrokerAddress.Parse(Known(BrokerUrl));

    /// <summary>The file holds the CA of a broker that is not the cluster's own as well.</summary>
    public KnownBroker PresentBroker => new(Broker, Path.Combine(pkiDir, BrokerUrl));

    /// <summary>
    /// Where the cluster's broker is now, as the API said, until a session has proved it; null without one.
    /// </summary>
    public KnownBroker? NextBroker => disk.Read(NextBrokerUrl) is { } text
        ? new KnownBroker(BrokerAddress.Parse(text), Path.Combine(pkiDir, NextBrokerUrl))
        : null;

    /// <summary>Where it enrolled; null for a node that enrolled before this was kept.</summary>
    public Uri? Server => disk.Read(ServerUrl) is { } url ? new Uri(url.Trim()) : null;

    /// <summary>The CAs of that server, in PEM; null as <see cref="Server"/>.</summary>
    public string? ApiCaPem => disk.Read(ApiCa);

    /// <summary>The node's key, made once: an interrupted enrolment goes on with the same identity.</summary>
    public ECDsa Key() => Load(disk.Read(Key1)) ?? Make(Key1);

    /// <summary>The key that is to follow, made once for each change.</summary>
    public ECDsa NextKey() => Load(disk.Read(Key2)) ?? Make(Key2);

    /// <summary>The present certificate with its key, to show to the API.</summary>
    public X509Certificate2 Credential()
    {
        using var key = Load(disk.Read(Key1)) ?? throw new InvalidDataException($"{Present.KeyFile} holds no key");
        using var certificate = X509Certificate2.CreateFromPem(Known(Certificate1));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Store(Enrolled enrolled)
    {
        disk.Write(Cluster, enrolled.ClusterUid);
        disk.Write(BrokerUrl, enrolled.Broker.Text);
        disk.Write(NodeCa, enrolled.NodeCaPem);
        disk.Write(ServerUrl, enrolled.Server.ToString());
        disk.Write(ApiCa, enrolled.ApiCaPem);
        disk.Write(Certificate1, enrolled.CertificatePem);
    }

    public void StoreNext(string certificatePem) => disk.Write(Certificate2, certificatePem);

    public void StoreNextBroker(BrokerAddress broker) => disk.Write(NextBrokerUrl, broker.Text);

    public void PromoteBroker() => disk.Move(NextBrokerUrl, BrokerUrl);

    public void DropNextBroker()
    {
        if (disk.Read(NextBrokerUrl) is not null)
        {
            disk.Delete(NextBrokerUrl);
        }
    }

    /// <summary>What the files hold now.</summary>
    public KeysOnDisk Look() => new(
        HashOfKey(disk.Read(Key1)), HashOfCertificate(disk.Read(Certificate1)), HashOfKey(disk.Read(Key2)),
        HashOfCertificate(disk.Read(Certificate2)));

    /// <summary>The next pair becomes the present one, for good.</summary>
    public void Promote()
    {
        disk.Move(Certificate2, Certificate1);
        disk.Move(Key2, Key1);
    }

    /// <summary>Goes back to the present pair alone.</summary>
    public void DropNext()
    {
        disk.Delete(Certificate2);
        disk.Delete(Key2);
    }

    /// <summary>Finishes what a power cut left half done.</summary>
    public void Recover()
    {
        while (true)
        {
            switch (KeyPlan.Next(Look(), due: false))
            {
                case KeyStep.MoveCertificate:
                    disk.Move(Certificate2, Certificate1);
                    break;
                case KeyStep.MoveKey:
                    disk.Move(Key2, Key1);
                    break;
                case KeyStep.DropCertificate:
                    disk.Delete(Certificate2);
                    break;
                case KeyStep.None or KeyStep.MakeKey or KeyStep.Ask or KeyStep.Prove:
                    return;
                default:
                    throw new InvalidOperationException("unknown step");
            }
        }
    }

    private string Known(string name) =>
        disk.Read(name)?.Trim() ?? throw new FileNotFoundException($"{Path.Combine(pkiDir, name)} is missing");

    private ECDsa Make(string name)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        disk.Write(name, key.ExportPkcs8PrivateKeyPem() + "\n");
        return key;
    }

    /// <summary>Null also for a key that does not read: there is nothing that it could still be of use for.</summary>
    private static ECDsa? Load(string? pem)
    {
        if (pem is null)
        {
            return null;
        }

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            return key;
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException)
        {
            key.Dispose();
            return null;
        }
    }

    private static string? HashOfKey(string? pem)
    {
        using var key = Load(pem);
        return key is null ? null : Hash(key.ExportSubjectPublicKeyInfo());
    }

    private static string? HashOfCertificate(string? pem)
    {
        try
        {
            using var certificate = pem is null ? null : X509Certificate2.CreateFromPem(pem);
            return certificate is null ? null : Hash(certificate.PublicKey.ExportSubjectPublicKeyInfo());
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static string Hash(byte[] publicKeyInfo) => Convert.ToHexStringLower(SHA256.HashData(publicKeyInfo));
}

/// <summary>All that enrolment brings; certificates in PEM.</summary>
internal sealed record Enrolled(
    string ClusterUid, BrokerAddress Broker, string NodeCaPem, Uri Server, string ApiCaPem, string CertificatePem);
