using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Certificates;
using Edge.Server.Pki;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>A device that has lost its disk, or says so, and asks for its old name.</summary>
public sealed class ReenrolmentTests : IAsyncDisposable
{
    private static readonly ResourceKind<CertificateSigningRequest> s_requests = Resources.CertificateSigningRequests;

    private readonly StoreFixture _fixture = new();
    private readonly CertificateAuthority _ca = CertificateAuthority.Create("test");
    private readonly Objects _objects;
    private readonly CertificatesController _certificates;
    private int _uid;

    public ReenrolmentTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => $"uid-{++_uid}");
        _certificates = new CertificatesController(
            _objects, _ca, _ca, () => DeniedNodes.Of(DenyList()), _fixture.Clock,
            NullLogger<CertificatesController>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _fixture.DisposeAsync();
        _ca.Certificate.Dispose();
    }

    [Theory]
    [InlineData("aaaaaa")]
    [InlineData("bbbbbb")]
    public async Task Without_permission_no_token_takes_the_name_and_the_denial_says_what_to_do(string token)
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        var key = Key();
        var denied = await Ask("second", token);
        var condition = Assert.Single(denied!.Status!.Conditions!);
        Assert.Equal(token == "aaaaaa" ? "TokenUsed" : "NodeNameTaken", condition.Reason);
        if (token == "bbbbbb")
        {
            Assert.Contains("kubectl annotate node n1 edge/allow-reenrolment=once", condition.Message);
        }

        Assert.Equal(key, Key());
        Assert.Null(DenyList());
    }

    [Theory]
    [InlineData("aaaaaa", "once")]
    [InlineData("bbbbbb", "once")]
    [InlineData("bbbbbb", "always")]
    public async Task With_permission_the_name_gets_the_new_key_and_the_old_key_is_denied(string token, string policy)
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        var (uid, key) = (Node().Metadata.Uid, Key());
        await Allow(policy);

        var signed = await Ask("second", token);

        Assert.NotEmpty(signed!.Status!.Certificate!);
        Assert.NotEqual(key, Key());
        Assert.Equal(uid, Node().Metadata.Uid);
        Assert.Equal(policy == "always", Node().Metadata.Annotations!.ContainsKey(Reenrolment.Annotation));
        Assert.Equal([$"n1_{key}"], DenyList()!.Data!.Keys);
        Assert.Equal("n1", Token(token).Metadata.Annotations![CertificatesPlan.UsedByAnnotation]);
    }

    /// <summary>A device says itself which key it has, so that one could have another's recorded as its own.</summary>
    [Fact]
    public async Task The_key_of_another_node_is_not_denied_when_a_name_is_given_away()
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        await Ask("other", "bbbbbb", node: "n2");
        var others = NodeKey.Of(_objects.Get(Resources.Nodes, null, "n2"))!;
        await _objects.Update(
            Resources.Nodes, null, "n1", tree => NodeKey.WithKey(tree, others, _fixture.Clock.GetUtcNow()), default);
        await Allow("once");

        Assert.NotEmpty((await Ask("second", "aaaaaa"))!.Status!.Certificate!);
        Assert.Null(DenyList());
    }

    [Fact]
    public async Task Permission_given_once_is_used_up_by_one_device()
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        await Allow("once");
        await Ask("second", "aaaaaa");
        Assert.Equal("TokenUsed", Assert.Single((await Ask("third", "aaaaaa"))!.Status!.Conditions!).Reason);
    }

    [Fact]
    public async Task A_token_of_another_node_does_not_take_the_name_whatever_is_allowed()
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        await Ask("other", "bbbbbb", node: "n2");
        await Allow("always");
        Assert.Equal("TokenUsed", Assert.Single((await Ask("second", "bbbbbb"))!.Status!.Conditions!).Reason);
    }

    [Fact]
    public async Task A_denied_request_goes_once_its_device_is_allowed_so_that_the_same_request_can_be_made_again()
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        Assert.NotNull(await Ask("second", "bbbbbb"));
        await _certificates.Sync("second", default);
        Assert.NotNull(_objects.Get(s_requests, null, "second"));

        var before = _objects.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value;
        await Allow("once");
        var after = _objects.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value;
        var nodes = _certificates.Sources.Single(source => source.Prefix == Resources.Nodes.Prefix());
        Assert.Contains(
            "second", nodes.KeysIn(new FollowStep.Changed(new Change(ChangeType.Put, after, before))));
        await _certificates.Sync("second", default);
        Assert.Null(_objects.Get(s_requests, null, "second"));
    }

    [Fact]
    public async Task A_key_that_was_replaced_is_signed_for_no_more_until_its_entry_is_taken_out()
    {
        await Tokens();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Ask("first", "aaaaaa", key: key);
        await Allow("always");
        await Ask("second", "aaaaaa");
        Assert.Equal("KeyDenied", Assert.Single((await Ask("third", "aaaaaa", key: key))!.Status!.Conditions!).Reason);

        await _objects.Update(Resources.ConfigMaps, DeniedNodes.Namespace, DeniedNodes.ConfigMapName, tree =>
        {
            tree["data"] = new System.Text.Json.Nodes.JsonObject();
            return tree;
        }, default);
        Assert.NotEmpty((await Ask("fourth", "aaaaaa", key: key))!.Status!.Certificate!);
    }

    [Fact]
    public async Task A_new_key_by_the_old_certificate_ends_no_key_and_answers_the_wish_for_it()
    {
        await Tokens();
        await Ask("first", "aaaaaa");
        await _objects.Update(Resources.Nodes, null, "n1", tree =>
            NodeKey.Annotated(tree, NodeKey.RenewAnnotation, "true"), default);
        _fixture.Clock.Advance(TimeSpan.FromDays(300));
        await Ask("renewal", user: "system:node:n1", group: "system:nodes");
        Assert.Null(DenyList());
        Assert.DoesNotContain(NodeKey.RenewAnnotation, Node().Metadata.Annotations!.Keys);
        Assert.Equal(
            TimeJson.Text(_fixture.Clock.GetUtcNow()), Node().Metadata.Annotations![NodeKey.SinceAnnotation]);
    }

    private Node Node() => _objects.Get(Resources.Nodes, null, "n1")!;

    private string Key() => Node().Metadata.Annotations![NodeKey.Annotation];

    private Secret Token(string id) => _objects.Get(Resources.Secrets, "kube-system", $"bootstrap-token-{id}")!;

    private ConfigMap? DenyList() =>
        _objects.Get(Resources.ConfigMaps, DeniedNodes.Namespace, DeniedNodes.ConfigMapName);

    private Task<UpdateOutcome> Allow(string policy) => _objects.Update(Resources.Nodes, null, "n1", tree =>
        NodeKey.Annotated(tree, Reenrolment.Annotation, policy), default);

    private async Task Tokens()
    {
        foreach (var id in new[] { "aaaaaa", "bbbbbb" })
        {
            await _objects.Create(Resources.Secrets, new Secret
            {
                Metadata = new ObjectMeta { Namespace = "kube-system", Name = $"bootstrap-token-{id}" },
            }, default);
        }
    }

    /// <summary>A request, with a key of its own where none is given, and what became of it.</summary>
    private async Task<CertificateSigningRequest?> Ask(
        string name, string token = "", string node = "n1", ECDsa? key = null, string? user = null,
        string group = "system:bootstrappers")
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(
            new X500DistinguishedName($"CN=system:node:{node}, O=system:nodes"), key ?? made, HashAlgorithmName.SHA256);
        await _objects.Create(s_requests, new CertificateSigningRequest
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new CertificateSigningRequestSpec
            {
                Request = Encoding.ASCII.GetBytes(request.CreateSigningRequestPem()),
                SignerName = CertificatesPlan.Signer,
                Usages = ["digital signature", "client auth"],
                Username = user ?? UserInfo.BootstrapPrefix + token,
                Groups = [group],
            },
        }, default);
        await _certificates.Sync(name, default);
        return _objects.Get(s_requests, null, name);
    }
}
