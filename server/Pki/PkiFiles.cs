using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Security.Cryptography;
using Edge.Proto;

namespace Edge.Server.Pki;

/// <summary>
/// The server's certificates, in one directory with mode 0700, made at first start and kept. A serving certificate is
/// made anew when the addresses change; the CAs never.
/// </summary>
internal sealed record PkiFiles
{
    private const UnixFileMode OwnerDirectory =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>No node's: theirs begin with <c>system:node:</c>.</summary>
    public const string LinkName = "system:edge-server";

    public required string Directory { get; init; }

    /// <summary>Signs the API's serving certificate and users.</summary>
    public required CertificateAuthority ApiCa { get; init; }

    /// <summary>Signs agents and the broker's serving certificate.</summary>
    public required CertificateAuthority NodeCa { get; init; }

    /// <summary>Who the server is to nodes, whatever the broker in between.</summary>
    public required X509Certificate2 Link { get; init; }

    public required X509Certificate2 ApiServing { get; init; }

    /// <summary>Signs the tokens of service accounts (ES256); a file of its own, of no use for certificates.</summary>
    public required ECDsa ServiceAccounts { get; init; }
    public required X509Certificate2 Admin { get; init; }

    public string ApiCaFile => Path.Combine(Directory, "api-ca.crt");

    public string NodeCaFile => Path.Combine(Directory, "node-ca.crt");

    public string BrokerCertFile => Path.Combine(Directory, "broker.crt");

    public string BrokerKeyFile => Path.Combine(Directory, "broker.key");

    public string LinkCertFile => Path.Combine(Directory, "link.crt");

    public string LinkKeyFile => Path.Combine(Directory, "link.key");

    /// <param name="directory">Made when absent.</param>
    /// <param name="names">DNS names and addresses under which clients reach the server.</param>
    public static PkiFiles LoadOrCreate(string directory, IReadOnlyList<string> names)
    {
        System.IO.Directory.CreateDirectory(directory, OwnerDirectory);
        var apiCa = Authority(directory, "api-ca", "edge-api-ca");
        var nodeCa = Authority(directory, "node-ca", "edge-node-ca");
        Serving(directory, "broker", nodeCa, names);
        return new PkiFiles
        {
            Directory = directory,
            ApiCa = apiCa,
            NodeCa = nodeCa,
            Link = Leaf(directory, "link", _ => true, key => nodeCa.SignClient(LinkName, [], key)),
            ApiServing = Serving(directory, "api", apiCa, names),
            ServiceAccounts = Key(Path.Combine(directory, "service-accounts.key")),
            Admin = Leaf(directory, "admin", _ => true,
                key => apiCa.SignClient("kubernetes-admin", ["system:masters"], key)),
        };
    }

    private static CertificateAuthority Authority(string directory, string file, string name)
    {
        var (certificatePath, keyPath) = PathsOf(directory, file);
        if (!File.Exists(certificatePath) || !File.Exists(keyPath))
        {
            var made = CertificateAuthority.Create(name);
            Write(keyPath, made.Certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            Write(certificatePath, made.CertificatePem + "\n");
        }

        return new CertificateAuthority(X509Certificate2.CreateFromPemFile(certificatePath, keyPath));
    }

    /// <summary>A key that does not read stops the server, as a CA does: another would end every token.</summary>
    private static ECDsa Key(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }

        Write(path, key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    private static X509Certificate2 Serving(
        string directory, string file, CertificateAuthority ca, IReadOnlyList<string> names)
    {
        var wanted = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                wanted.AddIpAddress(address);
            }
            else
            {
                wanted.AddDnsName(name);
            }
        }

        return Leaf(directory, file, present => Covers(present, wanted),
            key => ca.SignServer("edge-server", key, wanted));
    }

    private static bool Covers(X509Certificate2 present, SubjectAlternativeNameBuilder wanted) =>
        present.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
        && names.RawData.AsSpan().SequenceEqual(wanted.Build().RawData);

    private static X509Certificate2 Leaf(
        string directory, string file, Func<X509Certificate2, bool> keeps, Func<PublicKey, X509Certificate2> sign)
    {
        var (certificatePath, keyPath) = PathsOf(directory, file);
        if (Pair(certificatePath, keyPath) is { } present && keeps(present))
        {
            return present;
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = sign(new PublicKey(key));
        Write(keyPath, key.ExportPkcs8PrivateKeyPem());
        Write(certificatePath, signed.ExportCertificatePem() + "\n");
        return X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
    }

    /// <summary>
    /// Null also for files that are broken or not a pair: a power cut between the two leaves a new key beside the old
    /// certificate, and a leaf costs nothing to make again.
    /// </summary>
    private static X509Certificate2? Pair(string certificatePath, string keyPath)
    {
        try
        {
            return File.Exists(certificatePath) && File.Exists(keyPath)
                ? X509Certificate2.CreateFromPemFile(certificatePath, keyPath)
                : null;
        }
        catch (Exception broken) when (broken is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    private static (string Certificate, string Key) PathsOf(string directory, string file) =>
        (Path.Combine(directory, file + ".crt"), Path.Combine(directory, file + ".key"));

    internal static void Write(string path, string text) =>
        DurableFile.Write(path, System.Text.Encoding.UTF8.GetBytes(text));
}
