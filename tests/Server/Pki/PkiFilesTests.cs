using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Proto.Link.Sealing;
using Edge.Server.Pki;

namespace Edge.Tests.Server.Pki;

/// <summary>What is kept over starts, and what a power cut may leave.</summary>
public sealed class PkiFilesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edge-pki-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_second_start_keeps_every_file()
    {
        Load("localhost");
        var before = Contents();
        Load("localhost");
        Assert.Equal(before, Contents());
        Assert.DoesNotContain(before.Keys, name => name.EndsWith(".new", StringComparison.Ordinal));
        Assert.All(
            _directory.GetFiles(), file => Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.FullName)));
    }

    [Theory]
    [InlineData("broker")]
    [InlineData("link")]
    [InlineData("api")]
    [InlineData("admin")]
    public void A_leaf_whose_key_is_another_is_made_again(string leaf)
    {
        Load("localhost");
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(PathOf(leaf + ".key"), other.ExportPkcs8PrivateKeyPem());
        Load("localhost");
        using var pair = X509Certificate2.CreateFromPemFile(PathOf(leaf + ".crt"), PathOf(leaf + ".key"));
        Assert.True(pair.HasPrivateKey);
    }

    [Theory]
    [InlineData("broker.crt", "")]
    [InlineData("api.key", "")]
    [InlineData("admin.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void A_leaf_that_does_not_read_is_made_again_and_the_authorities_stay(string file, string text)
    {
        Load("localhost");
        var authority = File.ReadAllText(PathOf("api-ca.crt"));
        File.WriteAllText(PathOf(file), text);
        Load("localhost");
        Assert.NotEqual(text, File.ReadAllText(PathOf(file)));
        Assert.Equal(authority, File.ReadAllText(PathOf("api-ca.crt")));
    }

    [Fact]
    public void An_authority_that_does_not_read_is_never_replaced()
    {
        Load("localhost");
        File.WriteAllText(PathOf("node-ca.key"), "");
        Assert.ThrowsAny<CryptographicException>(() => Load("localhost"));
        Assert.Equal("", File.ReadAllText(PathOf("node-ca.key")));
    }

    [Fact]
    public void A_node_believes_the_server_by_the_node_CA_alone()
    {
        var pki = PkiFiles.LoadOrCreate(_directory.FullName, ["localhost"]);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = pki.NodeCa.SignClient("system:node:a", ["system:nodes"], new PublicKey(key));
        var authority = X509CertificateLoader.LoadCertificateFromFile(pki.NodeCaFile);
        var node = new SealIdentity(signed.CopyWithPrivateKey(key), [authority]);
        var server = new SealIdentity(pki.Link, [pki.NodeCa.Certificate]);
        byte[] text = [1, 2, 3];

        Assert.Equal(SealIdentity.ServerName, PkiFiles.LinkName);
        Assert.True(node.IsSignedBy(SealIdentity.ServerName, server.Certificate.Span, text, server.Sign(text)));
        Assert.True(server.IsSignedBy("system:node:a", node.Certificate.Span, text, node.Sign(text)));
        Assert.False(node.IsSignedBy(SealIdentity.ServerName, node.Certificate.Span, text, node.Sign(text)));
    }

    private void Load(string name) => PkiFiles.LoadOrCreate(_directory.FullName, [name]);

    private string PathOf(string file) => Path.Combine(_directory.FullName, file);

    private Dictionary<string, string> Contents() =>
        _directory.GetFiles().ToDictionary(file => file.Name, file => File.ReadAllText(file.FullName));
}
