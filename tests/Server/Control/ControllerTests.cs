using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Certificates;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.ServiceAccounts;
using Edge.Server.Pki;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>Controllers over a real store: what one look at a key leaves there.</summary>
public sealed class ControllerTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private int _uid;

    public ControllerTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => $"uid-{++_uid}");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_namespace_gets_its_default_account_back_unless_it_goes()
    {
        await Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await new ServiceAccountsController(_objects).Sync("ns", default);
        await new ServiceAccountsController(_objects).Sync("ns", default);
        await new ServiceAccountsController(_objects).Sync("absent", default);
        await Put(Resources.Namespaces.KeyOf(null, "going"), """
            {"metadata":{"name":"going","deletionTimestamp":"2026-01-01T00:00:00Z"}}
            """);
        await new ServiceAccountsController(_objects).Sync("going", default);
        Assert.Equal("ns", Assert.Single(_objects.List(Resources.ServiceAccounts)).Metadata.Namespace);
    }

    [Fact]
    public async Task An_account_that_was_deleted_unseen_is_made_again_after_the_next_listing()
    {
        await Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        var accounts = new ServiceAccountsController(_objects).Sources
            .Single(source => source.Prefix == Resources.ServiceAccounts.Prefix());
        Assert.Equal(["ns"], accounts.KeysOfDeleted!());
    }

    [Fact]
    public async Task A_second_look_at_a_tainted_node_writes_nothing()
    {
        var nodes = new NodesController(
            _objects, new EventRecorder(_objects, _fixture.Clock), _fixture.Clock,
            NullLogger<NodesController>.Instance);
        await Put(
            Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"},"spec":{"podCIDR":"10.64.0.0/24"}}""");
        await nodes.Sync("n1", default);
        var first = _fixture.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value.Revision;
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        await nodes.Sync("n1", default);

        Assert.Equal(first, _fixture.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value.Revision);
        var node = _objects.Get(Resources.Nodes, null, "n1")!;
        Assert.Equal(["NoSchedule", "NoExecute"], node.Spec!.Taints!.Select(taint => taint.Effect));
        Assert.Equal("10.64.0.0/24", node.Spec.PodCIDR);
    }

    [Fact]
    public async Task A_client_that_somebody_approved_is_signed_by_the_other_authority_for_the_time_it_asks()
    {
        using var ca = CertificateAuthority.Create("test").Certificate;
        using var other = CertificateAuthority.Create("other").Certificate;
        using var key = RSA.Create(2048);
        var pem = new CertificateRequest(
            "O=team, O=dev, CN=jane", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSigningRequestPem();
        await _objects.Create(Resources.CertificateSigningRequests, new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { Name = "jane" },
            Spec = new CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(pem),
                SignerName = CertificatesPlan.ClientSigner,
                Usages = ["client auth"],
                ExpirationSeconds = 3600,
            },
            Status = new CertificateSigningRequestStatus
            {
                Conditions = [new Condition { Type = "Approved", Status = "True" }],
            },
        }, default);

        await Certificates(ca, other).Sync("jane", default);

        var signed = _objects.Get(Resources.CertificateSigningRequests, null, "jane")!.Status!;
        using var leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(signed.Certificate!));
        Assert.Equal(("CN=other", "O=team, O=dev, CN=jane"), (leaf.Issuer, leaf.Subject));
        Assert.Equal(_fixture.Clock.GetUtcNow().AddHours(1).UtcDateTime, leaf.NotAfter.ToUniversalTime());
        Assert.Equal(_fixture.Clock.GetUtcNow().AddMinutes(-5).UtcDateTime, leaf.NotBefore.ToUniversalTime());
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), leaf.PublicKey.ExportSubjectPublicKeyInfo());
    }

    private CertificatesController Certificates(X509Certificate2 nodeCa, X509Certificate2 apiCa) => new(
        _objects, new CertificateAuthority(nodeCa), new CertificateAuthority(apiCa), () => DeniedNodes.None,
        _fixture.Clock, NullLogger<CertificatesController>.Instance);

    [Fact]
    public async Task A_token_enrols_one_device_and_the_second_is_denied()
    {
        await _objects.Create(Resources.Secrets, new Secret
        {
            Metadata = new ObjectMeta { Namespace = "kube-system", Name = "bootstrap-token-abcdef" },
        }, default);
        using var ca = CertificateAuthority.Create("test").Certificate;
        using var other = CertificateAuthority.Create("other").Certificate;
        var certificates = Certificates(ca, other);

        await Ask("first", "n1");
        await Ask("second", "n2");
        await certificates.Sync("first", default);
        await certificates.Sync("second", default);

        var signed = _objects.Get(Resources.CertificateSigningRequests, null, "first")!.Status!;
        using var leaf = X509Certificate2.CreateFromPem(Encoding.ASCII.GetString(signed.Certificate!));
        Assert.Equal(("CN=test", 9999), (leaf.Issuer, leaf.NotAfter.ToUniversalTime().Year));
        Assert.Equal("O=system:nodes, CN=system:node:n1", leaf.Subject);
        Assert.Equal("Approved", Assert.Single(signed.Conditions!).Type);

        var denied = _objects.Get(Resources.CertificateSigningRequests, null, "second")!.Status!;
        Assert.Equal("TokenUsed", Assert.Single(denied.Conditions!).Reason);
        Assert.Null(denied.Certificate);

        var node = Assert.Single(_objects.List(Resources.Nodes));
        Assert.Equal("n1", node.Metadata.Name);
        Assert.NotEmpty(node.Metadata.Uid!);
        Assert.Equal(64, node.Metadata.Annotations![NodeKey.Annotation].Length);
        Assert.Equal("n1", Assert.Single(_objects.List(Resources.Secrets)).Metadata.Annotations!["edge/used-by"]);
    }

    private async Task Ask(string name, string node)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN=system:node:{node}, O=system:nodes"), key, HashAlgorithmName.SHA256);
        await _objects.Create(Resources.CertificateSigningRequests, new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
                SignerName = CertificatesPlan.Signer,
                Usages = ["digital signature", "client auth"],
                Username = UserInfo.BootstrapPrefix + "abcdef",
                Groups = ["system:bootstrappers"],
            },
        }, default);
    }

    private Task<long> Put(string key, string json) => _fixture.Put(key, json);
}
