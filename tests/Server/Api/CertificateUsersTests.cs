using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Server.Api.Identity;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api;

/// <summary>Whose certificate counts, when, and what it costs to be refused again and again.</summary>
public sealed class CertificateUsersTests : IDisposable
{
    private static readonly DateTimeOffset s_from = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeClock _clock = new();
    private readonly X509Certificate2 _apiCa = Authority("api");
    private readonly X509Certificate2 _nodeCa = Authority("node");
    private readonly CertificateUsers _users;

    public CertificateUsersTests() => _users = new CertificateUsers(_apiCa, _nodeCa, _clock);

    public void Dispose()
    {
        _apiCa.Dispose();
        _nodeCa.Dispose();
    }

    [Theory]
    [InlineData("CN=admin, O=system:masters", true, true)]
    [InlineData("CN=admin, O=system:masters", false, false)]
    [InlineData("CN=system:node:n1, O=system:nodes", false, true)]
    [InlineData("CN=system:node:n1, O=system:nodes, O=system:masters", false, false)]
    [InlineData("O=system:masters", true, false)]
    public void The_nodes_authority_makes_nodes_only(string subject, bool ofApi, bool counts)
    {
        using var certificate = Issue(ofApi ? _apiCa : _nodeCa, subject);
        Assert.Equal(counts, _users.Find(certificate) is not null);
    }

    [Fact]
    public void A_refused_certificate_is_looked_at_once_a_connection()
    {
        using var stranger = Authority("stranger");
        using var certificate = Issue(stranger, "CN=system:node:n1, O=system:nodes");
        Assert.Null(_users.Find(certificate));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var at = 0; at < 100; at++)
        {
            Assert.Null(_users.Find(certificate));
        }

        // Building the chains once takes more than this.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2000);
    }

    [Fact]
    public void A_certificate_counts_from_its_first_moment_to_its_last_on_one_connection()
    {
        using var certificate = Issue(_apiCa, "CN=admin", s_from.AddHours(1), s_from.AddHours(2));
        Assert.Null(_users.Find(certificate));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal("admin", _users.Find(certificate)?.Name);
        _clock.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        Assert.Null(_users.Find(certificate));
    }

    [Fact]
    public void No_certificate_counts_longer_than_its_authority()
    {
        using var certificate = Issue(_apiCa, "CN=admin");
        Assert.NotNull(_users.Find(certificate));
        _clock.Advance(TimeSpan.FromDays(11));
        Assert.Null(_users.Find(certificate));
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        return request.CreateSelfSigned(s_from.AddDays(-1), s_from.AddDays(10));
    }

    private static X509Certificate2 Issue(
        X509Certificate2 ca, string subject, DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        var generator = X509SignatureGenerator.CreateForECDsa(ca.GetECDsaPrivateKey()!);
        return request.Create(ca.SubjectName, generator, from ?? s_from, until ?? s_from.AddDays(30), [1, 2, 3]);
    }
}
