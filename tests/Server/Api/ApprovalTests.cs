using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Which part of a certificate request each endpoint may change.</summary>
public sealed class ApprovalTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

    [Fact]
    public async Task Approval_takes_approvals_only_and_the_signers_conditions_stay()
    {
        var made = await Make("approved");
        await Put("approved/status", made, Condition("Failed"));
        await Put("approved/approval", made, Condition("Approved"));
        Assert.Equal(["Failed", "Approved"], Types(await Get("approved")));

        await Put("approved/approval", made, Condition("Approved"), Condition("Failed"), Condition("Odd"));
        Assert.Equal(["Failed", "Approved"], Types(await Get("approved")));
    }

    [Fact]
    public async Task A_replaced_manifest_keeps_the_spec_that_was_asked_for()
    {
        var made = await Make("replaced");
        var other = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "replaced", ["labels"] = new JsonObject { ["a"] = "b" } },
            ["spec"] = Spec(),
        };
        var response = await api.Admin.PutAsync(Requests + "/replaced", ApiFixture.Json(other.ToJsonString()));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var stored = await Get("replaced");
        Assert.True(JsonNode.DeepEquals(made["spec"], stored["spec"]));
        Assert.Equal("b", (string?)stored["metadata"]!["labels"]!["a"]);
    }

    private async Task<JsonObject> Make(string name)
    {
        var body = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = Spec() };
        var response = await api.Admin.PostAsync(Requests, ApiFixture.Json(body.ToJsonString()));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await ApiFixture.Body(response);
    }

    private async Task Put(string path, JsonObject made, params JsonNode[] conditions)
    {
        var body = made.DeepClone().AsObject();
        body["metadata"]!.AsObject().Remove("resourceVersion");
        body["status"] = new JsonObject { ["conditions"] = new JsonArray([.. conditions]) };
        var response = await api.Admin.PutAsync($"{Requests}/{path}", ApiFixture.Json(body.ToJsonString()));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private async Task<JsonObject> Get(string name) =>
        await ApiFixture.Body(await api.Admin.GetAsync($"{Requests}/{name}"));

    private static IEnumerable<string?> Types(JsonObject request) =>
        request["status"]!["conditions"]!.AsArray().Select(condition => (string?)condition!["type"]);

    private static JsonObject Condition(string type) =>
        new() { ["type"] = type, ["status"] = "True", ["reason"] = "Test" };

    private static JsonObject Spec()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        return new JsonObject
        {
            ["request"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem)),
            ["signerName"] = "example.com/signer",
            ["usages"] = new JsonArray("client auth"),
        };
    }
}
