using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Workloads as clients write them: what is counted, generated and kept apart.</summary>
public sealed class WorkloadTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";
    private const string Jobs = "/apis/batch/v1/namespaces/default/jobs";

    private const string Web = """
        {"metadata":{"name":"web"},"spec":{"selector":{"matchLabels":{"app":"web"}},
         "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"web:1"}]}}},
         "status":{"replicas":7}}
        """;

    private const string Pi = """
        {"metadata":{"generateName":"pi-"},
         "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"pi","image":"perl:5"}]}}}}
        """;

    [Fact]
    public async Task A_deployments_generation_counts_its_spec_and_annotations_but_not_its_status()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(Deployments, ApiFixture.Json(Web)));
        Assert.Equal((1, null), (Generation(made), made["status"]));

        Assert.Equal(2, Generation(await Patch("/web", """{"spec":{"replicas":3}}""")));
        Assert.Equal(3, Generation(await Patch("/web", """{"metadata":{"annotations":{"a":"b"}}}""")));
        Assert.Equal(3, Generation(await Patch("/web", """{"metadata":{"labels":{"a":"b"}}}""")));
        var reported = await Patch("/web/status", """{"spec":{"replicas":9},"status":{"replicas":3}}""");
        Assert.Equal(
            (3, 3, 3),
            (Generation(reported), (int?)reported["spec"]!["replicas"], (int?)reported["status"]!["replicas"]));
    }

    [Fact]
    public async Task A_job_gets_labels_and_a_selector_of_its_own_and_can_be_written_back()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(Jobs, ApiFixture.Json(Pi)));
        var (name, uid) = ((string?)made["metadata"]!["name"], (string?)made["metadata"]!["uid"]);
        var expected = new JsonObject
        {
            ["controller-uid"] = uid,
            ["job-name"] = name,
            ["batch.kubernetes.io/controller-uid"] = uid,
            ["batch.kubernetes.io/job-name"] = name,
        };
        Assert.True(JsonNode.DeepEquals(expected, made["spec"]!["template"]!["metadata"]!["labels"]));
        Assert.True(JsonNode.DeepEquals(expected, made["metadata"]!["labels"]));
        Assert.Equal(uid, (string?)made["spec"]!["selector"]!["matchLabels"]!["batch.kubernetes.io/controller-uid"]);

        made["spec"]!["parallelism"] = 2;
        var changed = await ApiFixture.Body(
            await api.Admin.PutAsync($"{Jobs}/{name}", ApiFixture.Json(made.ToJsonString())));
        Assert.Equal(2, (int?)changed["spec"]!["parallelism"]);
        Assert.Equal(2, Generation(changed));
    }

    private static int? Generation(JsonNode body) => (int?)body["metadata"]!["generation"];

    private async Task<JsonNode> Patch(string path, string patch)
    {
        var content = new StringContent(patch, Encoding.UTF8);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/strategic-merge-patch+json");
        return await ApiFixture.Body(await api.Admin.PatchAsync(Deployments + path, content));
    }
}
