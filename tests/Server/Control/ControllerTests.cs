using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Control.Certificates;
using Edge.Server.Control.Namespaces;
using Edge.Server.Control.Nodes;
using Edge.Server.Control.Pods;
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
    public async Task A_deleted_namespace_is_emptied_and_others_are_not()
    {
        await Put(Resources.Namespaces.KeyOf(null, "old"), """
            {"metadata":{"name":"old","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"finalizers":["kubernetes"]}}
            """);
        await Put(Resources.ConfigMaps.KeyOf("old", "c"), """{"metadata":{"name":"c","namespace":"old"}}""");
        await Put(Resources.ConfigMaps.KeyOf("older", "c"), """{"metadata":{"name":"c","namespace":"older"}}""");
        await Put("/registry/example/things/old/t", """{"metadata":{"name":"t","namespace":"old"}}""");
        await Put(Resources.Nodes.KeyOf(null, "old"), """{"metadata":{"name":"old"}}""");

        await Namespaces().Sync("old", default);

        Assert.Equal(
            [Resources.ConfigMaps.KeyOf("older", "c"), Resources.Nodes.KeyOf(null, "old")],
            _fixture.Store.List("/registry/").Items.Select(item => item.Key));
    }

    [Fact]
    public async Task A_namespace_waits_for_a_pod_that_its_node_still_ends()
    {
        await Put(Resources.Namespaces.KeyOf(null, "old"), """
            {"metadata":{"name":"old","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"finalizers":["kubernetes"]}}
            """);
        var pod = Resources.Pods.KeyOf("old", "web");
        await Put(pod, """
            {"metadata":{"name":"web","namespace":"old","uid":"u"},"spec":{"nodeName":"n1","containers":[]}}
            """);

        Assert.NotNull(await Namespaces().Sync("old", default));
        Assert.NotNull(_objects.Get(Resources.Pods, "old", "web")?.Metadata.DeletionTimestamp);
        Assert.NotNull(_objects.Get(Resources.Namespaces, null, "old"));

        await _fixture.Delete(pod);
        Assert.Null(await Namespaces().Sync("old", default));
        Assert.Null(_objects.Get(Resources.Namespaces, null, "old"));
    }

    [Fact]
    public async Task A_namespace_that_stays_is_left_alone()
    {
        await Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await Put(Resources.ConfigMaps.KeyOf("ns", "c"), """{"metadata":{"name":"c","namespace":"ns"}}""");
        await Namespaces().Sync("ns", default);
        Assert.NotNull(_objects.Get(Resources.ConfigMaps, "ns", "c"));
    }

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
    public async Task Pods_of_a_missing_node_go_after_the_quarantine_and_stay_if_it_returns()
    {
        var pods = new PodsController(_objects, _fixture.Clock, NullLogger<PodsController>.Instance);
        await Put(Resources.Pods.KeyOf("ns", "web"), """
            {"metadata":{"name":"web","namespace":"ns","uid":"u"},"spec":{"nodeName":"n1","containers":[]}}
            """);
        Assert.Equal(TimeSpan.FromSeconds(40), await pods.Sync("ns/web", default));

        await Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        Assert.Null(await pods.Sync("ns/web", default));
        await _fixture.Delete(Resources.Nodes.KeyOf(null, "n1"));

        Assert.Equal(TimeSpan.FromSeconds(40), await pods.Sync("ns/web", default));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(TimeSpan.FromSeconds(1), await pods.Sync("ns/web", default));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await pods.Sync("ns/web", default));
        Assert.Null(_objects.Get(Resources.Pods, "ns", "web"));
    }

    [Fact]
    public async Task A_node_that_was_deleted_unseen_leaves_its_pods_to_the_next_listing()
    {
        var pods = new PodsController(_objects, _fixture.Clock, NullLogger<PodsController>.Instance);
        await Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        foreach (var node in new[] { "n1", "gone", "" })
        {
            await Put(Resources.Pods.KeyOf("ns", "on-" + node), $$$"""
                {"metadata":{"name":"on-{{{node}}}","namespace":"ns"},"spec":{"nodeName":"{{{node}}}"}}
                """);
        }

        var nodes = pods.Sources.Single(source => source.Prefix == Resources.Nodes.Prefix());
        Assert.Equal(["ns/on-gone"], nodes.KeysOfDeleted!());
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
        var nodes = new NodesController(_objects, _fixture.Clock, NullLogger<NodesController>.Instance);
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
    public async Task A_token_enrols_one_device_and_the_second_is_denied()
    {
        await _objects.Create(Resources.Secrets, new Secret
        {
            Metadata = new ObjectMeta { Namespace = "kube-system", Name = "bootstrap-token-abcdef" },
        }, default);
        using var ca = CertificateAuthority.Create("test").Certificate;
        var certificates = new CertificatesController(
            _objects, new CertificateAuthority(ca), _ => false, () => "uid-of-node", _fixture.Clock,
            NullLogger<CertificatesController>.Instance);

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
        Assert.Equal(("n1", "uid-of-node"), (node.Metadata.Name, node.Metadata.Uid));
        Assert.Equal(64, node.Metadata.Annotations![CertificatesPlan.KeyAnnotation].Length);
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
                Username = CertificatesPlan.BootstrapPrefix + "abcdef",
            },
        }, default);
    }

    private Task<long> Put(string key, string json) => _fixture.Put(key, json);

    private NamespacesController Namespaces() =>
        new(_objects, _fixture.Clock, NullLogger<NamespacesController>.Instance);
}
