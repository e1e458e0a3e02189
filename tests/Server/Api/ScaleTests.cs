using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>What <c>kubectl scale</c> does, and others who know nothing of a workload but its number.</summary>
public sealed class ScaleTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    [Fact]
    public async Task A_scale_says_number_and_selector()
    {
        var made = await Create("read");
        var scale = await ApiFixture.Body(await api.Admin.GetAsync($"{Deployments}/read/scale"));
        Assert.Equal("Scale autoscaling/v1", $"{scale["kind"]} {scale["apiVersion"]}");
        Assert.Equal("""{"replicas":2}""", scale["spec"]!.ToJsonString());
        Assert.Equal("""{"replicas":0,"selector":"app=web,tier in (a,b)"}""", scale["status"]!.ToJsonString());
        foreach (var name in (string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            Assert.Equal((string?)made["metadata"]![name], (string?)scale["metadata"]![name]);
        }
    }

    [Fact]
    public async Task A_patch_scales_and_counts_the_generation()
    {
        await Create("patch");
        var scale = await ApiFixture.Body(await Patch("patch", """{"spec":{"replicas":5}}"""));
        Assert.Equal(5, (int)scale["spec"]!["replicas"]!);

        var deployment = await Read("patch");
        Assert.Equal((5, 2), ((int)deployment["spec"]!["replicas"]!, (int)deployment["metadata"]!["generation"]!));
        Assert.Equal((string?)scale["metadata"]!["resourceVersion"],
            (string?)deployment["metadata"]!["resourceVersion"]);
        Assert.Equal("i", (string?)deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]);
    }

    [Fact]
    public async Task A_put_without_content_type_scales_from_the_revision_it_names()
    {
        await Create("put");
        var scale = await ApiFixture.Body(await api.Admin.GetAsync($"{Deployments}/put/scale"));
        var stale = scale.DeepClone();
        scale["spec"]!["replicas"] = 0;
        var body = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(scale.ToJsonString()));
        Assert.Equal(HttpStatusCode.OK, (await api.Admin.PutAsync($"{Deployments}/put/scale", body)).StatusCode);
        Assert.Equal(0, (int)(await Read("put"))["spec"]!["replicas"]!);

        var conflict = await api.Admin.PutAsync($"{Deployments}/put/scale", ApiFixture.Json(stale.ToJsonString()));
        Assert.Equal((HttpStatusCode.Conflict, "Operation cannot be fulfilled on deployments.apps \"put\": the object "
            + "has been modified; please apply your changes to the latest version and try again"),
            (conflict.StatusCode, (string?)(await ApiFixture.Body(conflict))["message"]));
    }

    [Fact]
    public async Task A_negative_number_and_an_absent_workload_are_refused()
    {
        await Create("bad");
        var refused = await Patch("bad", """{"spec":{"replicas":-1}}""");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "Scale.autoscaling \"bad\" is invalid: spec.replicas: "
            + "Invalid value: -1: must be greater than or equal to 0"),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
        Assert.Equal(HttpStatusCode.NotFound, (await Patch("none", """{"spec":{"replicas":1}}""")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync(
            "/api/v1/namespaces/default/configmaps/a/scale")).StatusCode);
    }

    [Fact]
    public async Task A_scale_shows_as_a_row_of_its_own()
    {
        await Create("row");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Deployments}/row/scale");
        request.Headers.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var table = await ApiFixture.Body(await api.Admin.SendAsync(request));
        Assert.StartsWith("""["row",2,0,""", table["rows"]![0]!["cells"]!.ToJsonString());
    }

    private async Task<JsonObject> Create(string name) => await ApiFixture.Body(
        await api.Admin.PostAsync(Deployments, ApiFixture.Json($$$"""
            {"metadata":{"name":"{{{name}}}"},"spec":{"replicas":2,
             "selector":{"matchLabels":{"app":"web"},
              "matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]}]},
             "template":{"metadata":{"labels":{"app":"web","tier":"a"}},
              "spec":{"containers":[{"name":"c","image":"i"}]} } } }
            """)));

    private async Task<JsonObject> Read(string name) =>
        await ApiFixture.Body(await api.Admin.GetAsync($"{Deployments}/{name}"));

    private Task<HttpResponseMessage> Patch(string name, string patch) => api.Admin.PatchAsync(
        $"{Deployments}/{name}/scale", ApiFixture.Json(patch, "application/merge-patch+json"));
}
