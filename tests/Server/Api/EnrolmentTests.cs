using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Store;

namespace Edge.Tests.Server.Api;

/// <summary>What a device may put into the store while it asks for a certificate, and how much of it.</summary>
public sealed class EnrolmentTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

    [Fact]
    public async Task A_device_has_four_open_requests_and_one_more_when_one_is_decided()
    {
        var device = Device("four-open");
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await Ask(device, $"four-{i}")).StatusCode);
        }

        var refused = await Ask(device, "four-4");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(1), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(HttpStatusCode.Created, (await Ask(Device("other-one"), "other")).StatusCode);

        await Deny("four-0");
        Assert.Equal(HttpStatusCode.Created, (await Ask(device, "four-4")).StatusCode);
    }

    [Fact]
    public async Task Decided_requests_of_a_device_are_bounded_too()
    {
        var device = Device("many-kept");
        for (var i = 0; i < 16; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await Ask(device, $"kept-{i}")).StatusCode);
            await Deny($"kept-{i}");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await Ask(device, "kept-16")).StatusCode);
    }

    [Fact]
    public async Task A_request_of_a_device_has_at_most_16_KiB_and_an_administrators_more()
    {
        var padding = new string(' ', 16 * 1024);
        var refused = await Ask(Device("too-large"), "large", padding: padding);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Created, (await Ask(api.Admin, "large", padding: padding)).StatusCode);
    }

    [Fact]
    public async Task A_device_names_its_request_and_nothing_else_of_its_metadata()
    {
        const string more = """
            ,"labels":{"a":"b"},"annotations":{"a":"b"},"finalizers":["a.example/b"]
            """;
        var made = await ApiFixture.Body(await Ask(Device("with-labels"), "labels", more));
        Assert.Equal(
            ["creationTimestamp", "name", "resourceVersion", "uid"],
            made["metadata"]!.AsObject().Select(field => field.Key).Order(StringComparer.Ordinal));
        made = await ApiFixture.Body(await Ask(api.Admin, "labels-of-admin", more));
        Assert.Equal("b", (string?)made["metadata"]!["labels"]!["a"]);
    }

    private HttpClient Device(string node) =>
        api.Client(ApiFixture.Issue(api.NodeCa, $"O=system:nodes, CN=system:node:{node}"));

    private static Task<HttpResponseMessage> Ask(
        HttpClient client, string name, string metadata = "", string padding = "")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = new CertificateRequest("O=system:nodes, CN=system:node:n1", key, HashAlgorithmName.SHA256)
            .CreateSigningRequestPem();
        return client.PostAsync(Requests, ApiFixture.Json($$$"""
            {"metadata":{"name":"{{{name}}}"{{{metadata}}}},"spec":{
             "request":"{{{Convert.ToBase64String(Encoding.ASCII.GetBytes(pem))}}}",
             "signerName":"kubernetes.io/kube-apiserver-client-kubelet",
             "usages":["digital signature","client auth"]}}{{{padding}}}
            """));
    }

    private Task<UpdateOutcome> Deny(string name) => api.Objects.Update(
        Resources.CertificateSigningRequests, null, name,
        request =>
        {
            request["status"] = JsonNode.Parse("""{"conditions":[{"type":"Denied","status":"True"}]}""");
            return request;
        },
        default);
}
