using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    private void Load(string name) => PkiFiles.LoadOrCreate(_directory.FullName, [name]);

    private string PathOf(string file) => Path.Combine(_directory.FullName, file);

    private Dictionary<string, string> Contents() =>
        _directory.GetFiles().ToDictionary(file => file.Name, file => File.ReadAllText(file.FullName));
}
