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
    public async Task A_decision_stands_and_no_other_joins_it()
    {
        var made = await Make("decided");
        await Put("decided/approval", made, Condition("Approved"));
        var undone = await TryPut(api.Admin, "decided/approval", made);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, undone.StatusCode);
        var both = await TryPut(api.Admin, "decided/approval", made, Condition("Approved"), Condition("Denied"));
        Assert.Contains("Approved and Denied conditions are mutually exclusive",
            (string?)(await ApiFixture.Body(both))["message"]);
    }

    [Fact]
    public async Task Approving_takes_the_right_for_the_signer_besides_the_right_to_write()
    {
        var made = await Make("asked-for");
        await api.Admin.PostAsync("/apis/rbac.authorization.k8s.io/v1/clusterroles", ApiFixture.Json("""
            {"metadata":{"name":"csr-writer"},"rules":[{"verbs":["update","create"],"apiGroups":["certificates.k8s.io"],
             "resources":["certificatesigningrequests","certificatesigningrequests/approval",
             "certificatesigningrequests/status"]}]}
            """));
        await api.Admin.PostAsync("/apis/rbac.authorization.k8s.io/v1/clusterroles", ApiFixture.Json("""
            {"metadata":{"name":"example-approver"},"rules":[{"verbs":["approve"],"apiGroups":["certificates.k8s.io"],
             "resources":["signers"],"resourceNames":["example.com/*"]}]}
            """));
        await api.Bind("csr-writer", "User", "approver");
        var user = api.Client(ApiFixture.Issue(api.ApiCa, "CN=approver"));
        var refused = await TryPut(user, "asked-for/approval", made, Condition("Approved"));
        Assert.Equal((HttpStatusCode.Forbidden, "certificatesigningrequests.certificates.k8s.io \"asked-for\" is "
            + "forbidden: user not permitted to approve requests with signerName \"example.com/signer\""),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
        await api.Bind("example-approver", "User", "approver");
        Assert.Equal(HttpStatusCode.OK,
            (await TryPut(user, "asked-for/approval", made, Condition("Approved"))).StatusCode);
        var signing = await TryPut(user, "asked-for/status", made, Condition("Approved"), Condition("Failed"));
        Assert.Equal("certificatesigningrequests.certificates.k8s.io \"asked-for\" is forbidden: user not permitted to "
            + "sign requests with signerName \"example.com/signer\"",
            (string?)(await ApiFixture.Body(signing))["message"]);
    }

    [Theory]
    [InlineData("Approved", false)]
    [InlineData("Denied", false)]
    [InlineData("Approved", true)]
    public async Task Nobody_decides_by_reporting_a_status(string type, bool byPatch)
    {
        var name = $"reported-{type.ToLowerInvariant()}-{(byPatch ? "patch" : "put")}";
        var made = await Make(name);
        var refused = byPatch
            ? await api.Admin.PatchAsync($"{Requests}/{name}/status", ApiFixture.Json(
                $$$"""{"status":{"conditions":[{{{Condition(type).ToJsonString()}}}]}}""",
                "application/merge-patch+json"))
            : await TryPut(api.Admin, $"{name}/status", made, Condition(type));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.EndsWith($"status.conditions: Forbidden: updates may not add a condition of type \"{type}\"",
            (string?)(await ApiFixture.Body(refused))["message"]);
        Assert.Null((await Get(name))["status"]?["conditions"]);
    }

    [Fact]
    public async Task A_reported_status_leaves_a_decision_as_it_was_made()
    {
        var made = await Make("stands");
        await Put("stands/approval", made, Condition("Approved"));
        var before = (await Get("stands"))["status"]!["conditions"]!.AsArray().Single();
        var other = Condition("Approved");
        other["reason"] = "Forged";
        await Put("stands/status", made, Condition("Failed"), other);
        var stored = await Get("stands");
        Assert.Equal(["Failed", "Approved"], Types(stored));
        Assert.True(JsonNode.DeepEquals(before, stored["status"]!["conditions"]![1]));

        var removed = await TryPut(api.Admin, "stands/status", made, Condition("Failed"));
        Assert.Contains("updates may not remove a condition of type \"Approved\"",
            (string?)(await ApiFixture.Body(removed))["message"]);
    }

    [Fact]
    public async Task Nobody_asks_to_become_a_master()
    {
        var spec = Spec("O=system:masters, CN=x");
        spec["signerName"] = "kubernetes.io/kube-apiserver-client";
        var body = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "master" }, ["spec"] = spec };
        var refused = await api.Admin.PostAsync(Requests, ApiFixture.Json(body.ToJsonString()));
        Assert.Equal((HttpStatusCode.Forbidden, "certificatesigningrequests.certificates.k8s.io \"master\" is "
            + "forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed"),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
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

    private async Task Put(string path, JsonObject made, params JsonNode[] conditions) =>
        Assert.Equal(HttpStatusCode.OK, (await TryPut(api.Admin, path, made, conditions)).StatusCode);

    private static Task<HttpResponseMessage> TryPut(
        HttpClient client, string path, JsonObject made, params JsonNode[] conditions)
    {
        var body = made.DeepClone().AsObject();
        body["metadata"]!.AsObject().Remove("resourceVersion");
        body["status"] = new JsonObject { ["conditions"] = new JsonArray([.. conditions]) };
        return client.PutAsync($"{Requests}/{path}", ApiFixture.Json(body.ToJsonString()));
    }

    private async Task<JsonObject> Get(string name) =>
        await ApiFixture.Body(await api.Admin.GetAsync($"{Requests}/{name}"));

    private static IEnumerable<string?> Types(JsonObject request) =>
        request["status"]!["conditions"]!.AsArray().Select(condition => (string?)condition!["type"]);

    private static JsonObject Condition(string type) =>
        new() { ["type"] = type, ["status"] = "True", ["reason"] = "Test" };

    private static JsonObject Spec(string subject = "CN=x")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequestPem();
        return new JsonObject
        {
            ["request"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem)),
            ["signerName"] = "example.com/signer",
            ["usages"] = new JsonArray("client auth"),
        };
    }
}
