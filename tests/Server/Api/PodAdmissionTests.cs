using System.Net;
using System.Text.Json.Nodes;
using Edge.Server.Admission;

namespace Edge.Tests.Server.Api;

/// <summary>Pods that come by request, beside those that controllers make.</summary>
public sealed class PodAdmissionTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Pods = "/api/v1/namespaces/default/pods";

    private const string Template = """
        {"metadata":{"name":"same","labels":{"app":"a"}},
         "spec":{"containers":[{"name":"c","image":"i:1","resources":{"limits":{"cpu":"1"}},
          "livenessProbe":{"httpGet":{"port":80}}}],"volumes":[{"name":"v"}]}}
        """;

    [Fact]
    public async Task A_controllers_pod_is_the_pod_that_a_request_would_have_made()
    {
        var requested = await ApiFixture.Body(await api.Admin.PostAsync(Pods, ApiFixture.Json(Template)));
        requested["metadata"]!.AsObject().Remove("resourceVersion");
        requested["metadata"]!.AsObject().Remove("managedFields");

        var made = JsonNode.Parse(Template)!.AsObject();
        var created = DateTimeOffset.Parse((string)requested["metadata"]!["creationTimestamp"]!);
        Assert.Null(new PodAdmission(api.Objects, DefaultTolerations.None).Make(made, "default", created));
        made["metadata"]!["uid"] = (string?)requested["metadata"]!["uid"];

        Assert.True(JsonNode.DeepEquals(requested, made), $"{requested}\n{made}");
    }

    [Fact]
    public async Task A_class_that_is_not_there_forbids_the_pod()
    {
        var pod = JsonNode.Parse(Template)!;
        pod["spec"]!["priorityClassName"] = "none";
        var refused = await api.Admin.PostAsync(Pods, ApiFixture.Json(pod.ToJsonString()));
        var body = await ApiFixture.Body(refused);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("pods \"same\" is forbidden: no PriorityClass with name none was found", (string?)body["message"]);
    }
}
