using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Server.Api;

/// <summary>Tokens of service accounts: asked for, used, reviewed, checked by others, and ended by deleting.</summary>
public sealed class TokenTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Review = "/apis/authentication.k8s.io/v1/tokenreviews";
    private const string Accounts = "/api/v1/namespaces/default/serviceaccounts";

    [Fact]
    public async Task A_token_speaks_for_its_account_until_the_account_is_gone()
    {
        await MakeAccount("robot");
        var token = await Token("robot");
        var robot = api.Client(token: token);
        var who = await ApiFixture.Body(await robot.PostAsync(
            "/apis/authentication.k8s.io/v1/selfsubjectreviews", ApiFixture.Json("{}")));
        var user = who["status"]!["userInfo"]!;
        Assert.Equal("system:serviceaccount:default:robot", (string?)user["username"]);
        Assert.Equal(["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
            user["groups"]!.AsArray().Select(group => (string?)group));
        Assert.StartsWith("JTI=", (string?)user["extra"]!["authentication.kubernetes.io/credential-id"]![0]);

        Assert.Equal(HttpStatusCode.Forbidden, (await robot.GetAsync("/api/v1/pods")).StatusCode);
        await api.Admin.DeleteAsync($"{Accounts}/robot");
        Assert.Equal(HttpStatusCode.Unauthorized, (await robot.GetAsync("/api/v1/pods")).StatusCode);
        await MakeAccount("robot");
        Assert.Equal(HttpStatusCode.Unauthorized, (await robot.GetAsync("/api/v1/pods")).StatusCode);
    }

    [Fact]
    public async Task A_role_bound_to_an_account_counts_for_its_tokens()
    {
        await MakeAccount("viewer");
        var made = await api.Admin.PostAsync(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings", ApiFixture.Json("""
            {"metadata":{"name":"viewer"},"roleRef":{"kind":"ClusterRole","name":"view"},
             "subjects":[{"kind":"ServiceAccount","name":"viewer"}]}
            """));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var viewer = api.Client(token: await Token("viewer"));
        using var limit = new CancellationTokenSource(ApiFixture.Patience);
        while (!(await viewer.GetAsync("/api/v1/namespaces/default/pods", limit.Token)).IsSuccessStatusCode)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task A_token_says_what_kubernetes_says_and_its_signature_can_be_checked_by_anybody()
    {
        await MakeAccount("checked");
        var token = await Token("checked", """{"spec":{"expirationSeconds":600}}""");
        var parts = token.Split('.');
        var claims = JsonNode.Parse(Decode(parts[1]))!.AsObject();
        Assert.Equal(
            ["aud", "exp", "iat", "iss", "jti", "kubernetes.io", "nbf", "sub"], claims.Select(pair => pair.Key));
        Assert.Equal("https://kubernetes.default.svc.cluster.local", (string?)claims["aud"]![0]);
        Assert.Equal(600, (long)claims["exp"]! - (long)claims["iat"]!);
        Assert.Equal("checked", (string?)claims["kubernetes.io"]!["serviceaccount"]!["name"]);

        var reader = api.Client(token: token);
        var found = await reader.GetAsync("/.well-known/openid-configuration");
        Assert.Equal("https://edge.example:6443/openid/v1/jwks", (string?)(await ApiFixture.Body(found))["jwks_uri"]);
        var answer = await reader.GetAsync("/openid/v1/jwks");
        Assert.Equal("application/jwk-set+json", answer.Content.Headers.ContentType?.MediaType);
        var key = (await ApiFixture.Body(answer))["keys"]![0]!;
        Assert.Equal((string?)JsonNode.Parse(Decode(parts[0]))!["kid"], (string?)key["kid"]);
        using var verifier = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Decode((string)key["x"]!), Y = Decode((string)key["y"]!) },
        });
        Assert.True(verifier.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Decode(parts[2]), HashAlgorithmName.SHA256));
        Assert.Equal(HttpStatusCode.Forbidden, (await api.Client().GetAsync("/openid/v1/jwks")).StatusCode);
    }

    [Theory]
    [InlineData(5, "may not specify a duration less than 10 minutes")]
    [InlineData(1L << 33, "may not specify a duration larger than 2^32 seconds")]
    public async Task The_life_of_a_token_has_bounds(long seconds, string says)
    {
        await MakeAccount("bounded");
        var answer = await Ask("bounded", $$"""{"spec":{"expirationSeconds":{{seconds}} } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(says, (string?)(await ApiFixture.Body(answer))["message"]);
    }

    [Fact]
    public async Task A_token_of_a_pod_ends_with_the_pod()
    {
        await MakeAccount("podded");
        await MakePod("p1", "podded", "pod-uid");
        var wrong = await Ask("podded", Bound("p1", "other-uid"));
        Assert.Equal(HttpStatusCode.Conflict, wrong.StatusCode);
        var token = await Token("podded", Bound("p1", "pod-uid"));
        var pod = api.Client(token: token);
        Assert.Equal(HttpStatusCode.OK, (await pod.GetAsync("/version")).StatusCode);
        await api.Objects.Delete(Resources.Pods, "default", "p1", null, default);
        Assert.Equal(HttpStatusCode.Unauthorized, (await pod.GetAsync("/version")).StatusCode);

        await MakePod("p2", "somebody-else", "pod-uid-2");
        var other = await Ask("podded", Bound("p2", ""));
        Assert.Equal(
            "cannot bind token for serviceaccount \"podded\" to pod running with different serviceaccount name.",
            (string?)(await ApiFixture.Body(other))["message"]);
    }

    [Fact]
    public async Task A_review_tells_whose_a_token_is_and_for_whom()
    {
        await MakeAccount("reviewed");
        var token = await Token("reviewed", """{"spec":{"audiences":["vault","other"]}}""");
        Assert.Equal(HttpStatusCode.Unauthorized, (await api.Client(token: token).GetAsync("/version")).StatusCode);

        var answer = await Reviewed($$"""{"spec":{"token":"{{token}}","audiences":["vault"] } }""");
        Assert.True((bool)answer["authenticated"]!);
        Assert.Equal("""["vault"]""", answer["audiences"]!.ToJsonString());
        Assert.Equal("system:serviceaccount:default:reviewed", (string?)answer["user"]!["username"]);

        answer = await Reviewed($$"""{"spec":{"token":"{{token}}" } }""");
        Assert.Null(answer["authenticated"]);
        Assert.Contains("audiences", (string?)answer["error"]);
        answer = await Reviewed("""{"spec":{"token":"nonsense"}}""");
        Assert.Equal("invalid bearer token", (string?)answer["error"]);
    }

    [Fact]
    public async Task No_other_algorithm_no_other_key_and_no_other_letter_is_taken()
    {
        await MakeAccount("forged");
        var parts = (await Token("forged")).Split('.');
        var none = Encode("""{"alg":"none"}""");
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var text = $"{parts[0]}.{parts[1]}";
        var signed = Encode(own.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
        var claims = Encode(Encoding.UTF8.GetString(Decode(parts[1])).Replace("forged", "admins"));
        foreach (var forged in new[]
        {
            $"{none}.{parts[1]}.", $"{none}.{parts[1]}.{parts[2]}", $"{text}.{signed}",
            $"{parts[0]}.{claims}.{parts[2]}", $"{text}.", text,
            $"{text}.{parts[2]}.x", $"{text}.!!", new string('.', 5000), new string('x', 20_000),
        })
        {
            Assert.Equal(HttpStatusCode.Unauthorized,
                (await api.Client(token: forged).GetAsync("/version")).StatusCode);
        }
    }

    private async Task MakeAccount(string name)
    {
        var made = await api.Admin.PostAsync(Accounts, ApiFixture.Json($$$"""{"metadata":{"name":"{{{name}}}" } }"""));
        Assert.True(made.StatusCode is HttpStatusCode.Created or HttpStatusCode.Conflict);
    }

    private Task<CreateOutcome> MakePod(string name, string account, string uid) => api.Objects.Create(
        Resources.Pods, new Pod
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = uid },
        Spec = new PodSpec { ServiceAccountName = account },
    }, default);

    private static string Bound(string pod, string uid) =>
        $$$"""{"spec":{"boundObjectRef":{"kind":"Pod","apiVersion":"v1","name":"{{{pod}}}","uid":"{{{uid}}}" } } }""";

    private Task<HttpResponseMessage> Ask(string account, string body) =>
        api.Admin.PostAsync($"{Accounts}/{account}/token", ApiFixture.Json(body));

    private async Task<string> Token(string account, string body = "{}")
    {
        var answer = await Ask(account, body);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (string)(await ApiFixture.Body(answer))["status"]!["token"]!;
    }

    private async Task<JsonNode> Reviewed(string body)
    {
        var answer = await api.Admin.PostAsync(Review, ApiFixture.Json(body));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await ApiFixture.Body(answer))["status"]!;
    }

    private static byte[] Decode(string text) => System.Buffers.Text.Base64Url.DecodeFromChars(text);

    private static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    private static string Encode(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
