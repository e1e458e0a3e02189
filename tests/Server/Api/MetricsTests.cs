using System.Net;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Tests.Server.Api;

/// <summary>metrics.k8s.io over a fake of what nodes answer.</summary>
public sealed class MetricsTests(ApiFixture api) : IClassFixture<ApiFixture>, IAsyncLifetime
{
    private const string Metrics = "/apis/metrics.k8s.io/v1beta1";

    public async Task InitializeAsync()
    {
        await Node("near", "a");
        await Node("far", "b");
        await Pod("web", "near", "uid-web", "Running");
        await Pod("done", "near", "uid-done", "Succeeded");
        await Pod("away", "far", "uid-away", "Running");
        api.ReadUsage = (node, _) => Task.FromResult(node == "near" ? Near() : null);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Nodes_that_answer_are_listed()
    {
        var list = await ApiFixture.Body(await api.Admin.GetAsync($"{Metrics}/nodes"));
        Assert.Equal("NodeMetricsList metrics.k8s.io/v1beta1", $"{list["kind"]} {list["apiVersion"]}");
        var node = Assert.Single(list["items"]!.AsArray())!;
        Assert.Equal("""{"cpu":"250m","memory":"1Ki"}""", node["usage"]!.ToJsonString());
        Assert.Equal("near 2026-01-01T00:00:07Z 10.5s a",
            $"{node["metadata"]!["name"]} {node["timestamp"]} {node["window"]} {node["metadata"]!["labels"]!["site"]}");

        Assert.Empty(Items(await api.Admin.GetAsync($"{Metrics}/nodes?labelSelector=site%3Db")));
        Assert.Single(Items(await api.Admin.GetAsync($"{Metrics}/nodes?labelSelector=site%3Da")));
        Assert.Single(Items(await api.Admin.GetAsync($"{Metrics}/nodes?fieldSelector=metadata.name%3Dnear")));
    }

    [Fact]
    public async Task A_nodes_page_shows_what_it_spent_while_somebody_asks()
    {
        var page = await api.Admin.GetAsync("/api/v1/nodes/near/proxy/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", page.Content.Headers.ContentType?.ToString());
        Assert.Equal("""
            # HELP edge_node_counted_seconds For how long the bytes were counted.
            # TYPE edge_node_counted_seconds counter
            edge_node_counted_seconds 60
            # HELP edge_node_bytes_total Bytes over the link, from registries and to the disk, by feature.
            # TYPE edge_node_bytes_total counter
            edge_node_bytes_total{way="sent",feature="session"} 7

            """, await page.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("far/proxy/metrics", 503, "error dialing backend: node far does not answer")]
    [InlineData("none/proxy/metrics", 404, "nodes \"none\" not found")]
    [InlineData("near/proxy/configz", 404, "the server could not find the requested resource")]
    [InlineData("near/proxy", 404, "the server could not find the requested resource")]
    [InlineData("near/status/more", 404, "the server could not find the requested resource")]
    public async Task A_page_that_is_not_there_is_refused(string path, int code, string message)
    {
        var answer = await api.Admin.GetAsync($"/api/v1/nodes/{path}");
        Assert.Equal((code, message), ((int)answer.StatusCode, (string?)(await ApiFixture.Body(answer))["message"]));
    }

    [Fact]
    public async Task One_node_is_read_by_name_or_is_not_found()
    {
        var node = await ApiFixture.Body(await api.Admin.GetAsync($"{Metrics}/nodes/near"));
        Assert.Equal("NodeMetrics", (string?)node["kind"]);
        var absent = await api.Admin.GetAsync($"{Metrics}/nodes/far");
        Assert.Equal((HttpStatusCode.NotFound, "nodes.metrics.k8s.io \"far\" not found"),
            (absent.StatusCode, (string?)(await ApiFixture.Body(absent))["message"]));
    }

    [Fact]
    public async Task Pods_that_run_on_nodes_that_answer_are_listed()
    {
        var pod = Assert.Single(Items(await api.Admin.GetAsync($"{Metrics}/pods")))!;
        Assert.Equal("""[{"name":"c","usage":{"cpu":"1234567n","memory":"1000"}}]""",
            pod["containers"]!.ToJsonString());
        Assert.Equal("default web 15s",
            $"{pod["metadata"]!["namespace"]} {pod["metadata"]!["name"]} {pod["window"]}");

        var one = await ApiFixture.Body(await api.Admin.GetAsync($"{Metrics}/namespaces/default/pods/web"));
        Assert.Equal("PodMetrics", (string?)one["kind"]);
        Assert.Empty(Items(await api.Admin.GetAsync($"{Metrics}/namespaces/kube-system/pods")));
        Assert.Single(Items(await api.Admin.GetAsync($"{Metrics}/namespaces/default/pods?labelSelector=app%3Dweb")));
        Assert.Equal(HttpStatusCode.NotFound,
            (await api.Admin.GetAsync($"{Metrics}/namespaces/default/pods/away")).StatusCode);
    }

    [Fact]
    public async Task They_show_as_rows_and_cannot_be_written()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Metrics}/namespaces/default/pods");
        request.Headers.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        var table = await ApiFixture.Body(await api.Admin.SendAsync(request));
        Assert.Equal("""["web","1234567n","1000","15s"]""", table["rows"]![0]!["cells"]!.ToJsonString());
        foreach (var refused in new[]
        {
            await api.Admin.DeleteAsync($"{Metrics}/nodes/near"), await api.Admin.GetAsync($"{Metrics}/nodes?watch=1"),
        })
        {
            Assert.Equal(HttpStatusCode.MethodNotAllowed, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Discovery_names_them_after_the_core_ones()
    {
        var groups = await ApiFixture.Body(await api.Admin.GetAsync("/apis"));
        Assert.Equal("metrics.k8s.io", (string?)groups["groups"]!.AsArray()[^1]!["name"]);
        var list = await ApiFixture.Body(await api.Admin.GetAsync(Metrics));
        Assert.Equal("""
            {"name":"nodes","singularName":"","namespaced":false,"kind":"NodeMetrics","verbs":["get","list"]}
            """, list["resources"]![0]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK,
            (await api.Admin.GetAsync("/openapi/v3/apis/metrics.k8s.io/v1beta1")).StatusCode);
    }

    private static NodeUsage Near() => new()
    {
        Timestamp = new DateTimeOffset(2026, 1, 1, 0, 0, 7, TimeSpan.Zero),
        WindowMilliseconds = 10_500,
        Total = new ResourceUsage { CpuNanocores = 250_000_000, MemoryBytes = 1024 },
        Budgets = new NodeBudgets
        {
            Seconds = 60, Items = [new SpentBytes { Way = SpentBytes.Sent, Feature = "session", Bytes = 7 }],
        },
        Pods =
        [
            new PodUsage
            {
                Uid = "uid-web", WindowMilliseconds = 15_000,
                Containers = new Dictionary<string, ResourceUsage>
                {
                    ["c"] = new() { CpuNanocores = 1_234_567, MemoryBytes = 1000 },
                },
            },
            new PodUsage { Uid = "uid-done", Containers = new Dictionary<string, ResourceUsage> { ["c"] = new() } },
        ],
    };

    private static JsonArray Items(HttpResponseMessage response) =>
        JsonNode.Parse(response.Content.ReadAsStream())!["items"]!.AsArray();

    private async Task Node(string name, string site) => await api.Objects.Create(Resources.Nodes, new Node
    {
        Metadata = new ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["site"] = site } },
    }, default);

    private async Task Pod(string name, string node, string uid, string phase) =>
        await api.Objects.Create(Resources.Pods, new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = name, Namespace = "default", Uid = uid,
                Labels = new Dictionary<string, string> { ["app"] = name },
            },
            Spec = new PodSpec { NodeName = node, Containers = [new Container { Name = "c" }] },
            Status = new PodStatus { Phase = phase },
        }, default);
}
