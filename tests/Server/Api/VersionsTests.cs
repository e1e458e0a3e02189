using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>One resource in two versions: autoscalers are kept as v2, and clients of v1 write them too.</summary>
public sealed class VersionsTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string V1 = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
    private const string V2 = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";

    [Fact]
    public async Task What_version_1_creates_version_2_reads()
    {
        var made = await Create("one");
        Assert.Equal("autoscaling/v1 50 1", $"{made["apiVersion"]} {made["spec"]!["targetCPUUtilizationPercentage"]} "
            + $"{made["spec"]!["minReplicas"]}");
        Assert.Null(made["metadata"]!["generation"]);

        var v2 = await ApiFixture.Body(await api.Admin.GetAsync($"{V2}/one"));
        Assert.Equal("autoscaling/v2 50", $"{v2["apiVersion"]} "
            + $"{v2["spec"]!["metrics"]![0]!["resource"]!["target"]!["averageUtilization"]}");
        Assert.Equal((string?)made["metadata"]!["uid"], (string?)v2["metadata"]!["uid"]);
    }

    [Fact]
    public async Task A_patch_of_version_1_keeps_what_only_version_2_can_say()
    {
        await api.Admin.PostAsync(V2, ApiFixture.Json("""
            {"metadata":{"name":"two"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":3,
             "metrics":[{"type":"Resource","resource":{"name":"memory",
              "target":{"type":"Utilization","averageUtilization":70}}}],
             "behavior":{"scaleDown":{"stabilizationWindowSeconds":5}}}}
            """));
        var before = await ApiFixture.Body(await api.Admin.GetAsync($"{V2}/two"));
        var patched = await ApiFixture.Body(await api.Admin.PatchAsync($"{V1}/two", ApiFixture.Json(
            """{"spec":{"maxReplicas":4}}""", "application/strategic-merge-patch+json")));
        Assert.Equal(4, (int)patched["spec"]!["maxReplicas"]!);
        Assert.NotNull(patched["metadata"]!["annotations"]!["autoscaling.alpha.kubernetes.io/behavior"]);

        var after = await ApiFixture.Body(await api.Admin.GetAsync($"{V2}/two"));
        before["spec"]!["maxReplicas"] = 4;
        Assert.True(JsonNode.DeepEquals(before["spec"], after["spec"]), after.ToJsonString());
        Assert.Null(after["metadata"]!["annotations"]);
        var same = await ApiFixture.Body(
            await api.Admin.PutAsync($"{V1}/two", ApiFixture.Json(patched.ToJsonString())));
        Assert.Equal((string?)after["metadata"]!["resourceVersion"], (string?)same["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Lists_watches_tables_and_deletes_speak_the_version_that_was_asked()
    {
        await Create("three");
        var list = await ApiFixture.Body(await api.Admin.GetAsync($"{V1}?fieldSelector=metadata.name=three"));
        Assert.Equal("HorizontalPodAutoscalerList autoscaling/v1 50", $"{list["kind"]} {list["apiVersion"]} "
            + $"{list["items"]![0]!["spec"]!["targetCPUUtilizationPercentage"]}");

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{V1}/three?includeObject=Object");
        request.Headers.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var row = (await ApiFixture.Body(await api.Admin.SendAsync(request)))["rows"]![0]!;
        Assert.Equal("cpu: <unknown>/50%", (string?)row["cells"]![2]);
        Assert.Equal("autoscaling/v1", (string?)row["object"]!["apiVersion"]);

        await using var stream = await api.Admin.GetStreamAsync(
            $"{V1}?watch=1&fieldSelector=metadata.name=three&timeoutSeconds=1");
        using var reader = new StreamReader(stream);
        var added = JsonNode.Parse((await reader.ReadLineAsync())!)!["object"]!;
        Assert.Equal("autoscaling/v1", (string?)added["apiVersion"]);

        var gone = await api.Admin.DeleteAsync($"{V1}/three");
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{V2}/three")).StatusCode);
    }

    [Fact]
    public async Task An_annotation_that_makes_no_metric_is_refused()
    {
        var refused = await api.Admin.PostAsync(V1, ApiFixture.Json("""
            {"metadata":{"name":"bad","annotations":{"autoscaling.alpha.kubernetes.io/metrics":"[{\"type\":5}]"}},
             "spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":3}}
            """));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Faults_are_told_with_the_paths_of_the_version_that_is_kept()
    {
        var refused = await api.Admin.PostAsync(V1, ApiFixture.Json("""
            {"metadata":{"name":"bad"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":3,
             "targetCPUUtilizationPercentage":0}}
            """));
        Assert.Equal("HorizontalPodAutoscaler.autoscaling \"bad\" is invalid: "
            + "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0",
            (string?)(await ApiFixture.Body(refused))["message"]);
    }

    [Fact]
    public async Task Version_2_is_preferred()
    {
        var group = await ApiFixture.Body(await api.Admin.GetAsync("/apis/autoscaling"));
        Assert.Equal("autoscaling/v2", (string?)group["preferredVersion"]!["groupVersion"]);
        Assert.Equal(["autoscaling/v2", "autoscaling/v1"],
            group["versions"]!.AsArray().Select(version => (string)version!["groupVersion"]!));
    }

    private async Task<JsonObject> Create(string name) => await ApiFixture.Body(
        await api.Admin.PostAsync(V1, ApiFixture.Json($$$"""
            {"metadata":{"name":"{{{name}}}"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"d"},
             "maxReplicas":3,"targetCPUUtilizationPercentage":50}}
            """)));
}
