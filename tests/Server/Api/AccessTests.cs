using System.Net;
using System.Security.Cryptography;
using System.Text;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Server.Api;

public sealed class AccessTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Secret = "0123456789abcdef";

    [Fact]
    public async Task Nobody_may_probe_and_ask_the_version_and_nothing_else()
    {
        var nobody = api.Client();
        Assert.Equal("ok", await nobody.GetStringAsync("/readyz"));
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/version")).StatusCode);
        await IsForbidden(nobody, "/api/v1/pods",
            "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" "
            + "at the cluster scope");
        await IsForbidden(nobody, "/apis", "forbidden: User \"system:anonymous\" cannot get path \"/apis\"");
    }

    [Fact]
    public async Task A_user_without_a_role_is_refused_by_name()
    {
        var user = api.Client(ApiFixture.Issue(api.ApiCa, "O=people, CN=alice-person"));
        await IsForbidden(user, "/api/v1/namespaces/default/pods/p1",
            "pods \"p1\" is forbidden: User \"alice-person\" cannot get resource \"pods\" in API group \"\" "
            + "in the namespace \"default\"");
    }

    [Fact]
    public async Task The_node_authority_cannot_make_an_administrator()
    {
        var forged = api.Client(ApiFixture.Issue(api.NodeCa, "O=system:masters, CN=admin"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await forged.GetAsync("/api/v1/pods")).StatusCode);
        var node = api.Client(ApiFixture.Issue(api.NodeCa, "O=system:nodes, CN=system:node:n1"));
        Assert.Equal(HttpStatusCode.Forbidden, (await node.GetAsync("/api/v1/secrets")).StatusCode);
    }

    [Fact]
    public async Task A_denied_node_is_unauthorized_however_good_its_certificate_is()
    {
        const string path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/none";
        var other = api.Client(ApiFixture.Issue(api.NodeCa, "O=system:nodes, CN=system:node:n1"));
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync(path)).StatusCode);
        var denied = api.Client(
            ApiFixture.Issue(api.NodeCa, $"O=system:nodes, CN=system:node:{ApiFixture.DeniedNode}"));
        var answer = await denied.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("denied", (string?)(await ApiFixture.Body(answer))["message"]);
    }

    [Fact]
    public async Task A_denied_key_is_unauthorized_and_the_nodes_other_key_is_not()
    {
        const string path = "/apis/certificates.k8s.io/v1/certificatesigningrequests/none";
        var stolen = ApiFixture.Issue(api.NodeCa, "O=system:nodes, CN=system:node:two-keys");
        var client = api.Client(stolen);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path)).StatusCode);
        var hash = Convert.ToHexStringLower(SHA256.HashData(stolen.PublicKey.ExportSubjectPublicKeyInfo()));
        var before = api.Denied;
        api.Denied = before with { Keys = new HashSet<string> { hash } };
        try
        {
            var answer = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("KeyDenied", (string?)(await ApiFixture.Body(answer))["message"]);
            var other = api.Client(ApiFixture.Issue(api.NodeCa, "O=system:nodes, CN=system:node:two-keys"));
            Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync(path)).StatusCode);
        }
        finally
        {
            api.Denied = before;
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task A_bootstrap_token_may_enrol_and_nothing_else()
    {
        await MakeToken("aaaaaa", DateTimeOffset.UtcNow.AddHours(1));
        var device = api.Client(token: $"aaaaaa.{Secret}");
        Assert.Equal(HttpStatusCode.NotFound,
            (await device.GetAsync("/apis/certificates.k8s.io/v1/certificatesigningrequests/none")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound,
            (await device.GetAsync("/api/v1/namespaces/kube-public/configmaps/edge-cluster")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden,
            (await device.GetAsync("/api/v1/namespaces/kube-system/secrets")).StatusCode);
    }

    [Fact]
    public async Task An_expired_and_an_unknown_token_are_unauthorized()
    {
        await MakeToken("bbbbbb", DateTimeOffset.UtcNow.AddHours(-1));
        var late = await api.Client(token: $"bbbbbb.{Secret}").GetAsync("/api");
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
        Assert.Contains("expired", (string?)(await ApiFixture.Body(late))["message"]);
        var unknown = await api.Client(token: "bbbbbb.aaaaaaaaaaaaaaaa").GetAsync("/version");
        Assert.Equal("Unauthorized", (string?)(await ApiFixture.Body(unknown))["message"]);
    }

    private Task<CreateOutcome> MakeToken(string id, DateTimeOffset expiration) => api.Objects.Create(
        Resources.Secrets, new Secret
    {
        Metadata = new ObjectMeta { Name = $"bootstrap-token-{id}", Namespace = "kube-system" },
        Type = "bootstrap.kubernetes.io/token",
        Data = new Dictionary<string, byte[]>
        {
            ["token-id"] = Encoding.UTF8.GetBytes(id),
            ["token-secret"] = Encoding.UTF8.GetBytes(Secret),
            ["usage-bootstrap-authentication"] = "true"u8.ToArray(),
            ["expiration"] = Encoding.UTF8.GetBytes(expiration.ToString("O")),
        },
    }, default);

    private static async Task IsForbidden(HttpClient client, string path, string message)
    {
        var response = await client.GetAsync(path);
        Assert.Equal((HttpStatusCode.Forbidden, message),
            (response.StatusCode, (string?)(await ApiFixture.Body(response))["message"]));
    }
}
