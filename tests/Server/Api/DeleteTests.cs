using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>DELETE and its options, as kubectl and client-go send them. No collector runs here.</summary>
public sealed class DeleteTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Pods = "/api/v1/namespaces/default/pods";

    [Theory]
    [InlineData("body-fg", """{"propagationPolicy":"Foreground"}""", "", "foregroundDeletion", 202)]
    [InlineData("body-orphan", """{"propagationPolicy":"Orphan"}""", "", "orphan", 200)]
    [InlineData("body-old", """{"orphanDependents":true}""", "", "orphan", 200)]
    [InlineData("query-fg", null, "?propagationPolicy=Foreground", "foregroundDeletion", 202)]
    [InlineData("query-orphan", null, "?propagationPolicy=Orphan", "orphan", 200)]
    [InlineData("query-old", null, "?orphanDependents=true", "orphan", 200)]
    [InlineData("both", """{"propagationPolicy":"Orphan"}""", "?propagationPolicy=Foreground", "orphan", 200)]
    public async Task The_propagation_leaves_its_finalizer(
        string name, string? body, string query, string finalizer, int code)
    {
        await Create(name);
        var response = await Delete($"{ConfigMaps}/{name}{query}", body);
        Assert.Equal(code, (int)response.StatusCode);
        var marked = await ApiFixture.Body(response);
        Assert.Equal($"[\"{finalizer}\"]", Finalizers(marked));
        Assert.Equal(0, (int)marked["metadata"]!["deletionGracePeriodSeconds"]!);
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);
    }

    [Theory]
    [InlineData("plain", null, "")]
    [InlineData("background", """{"propagationPolicy":"Background"}""", "")]
    [InlineData("not-orphan", """{"orphanDependents":false}""", "")]
    [InlineData("query-background", null, "?propagationPolicy=Background")]
    [InlineData("nothing-said", "{}", "?propagationPolicy=Foreground")]
    public async Task In_the_background_an_object_is_gone_at_once(string name, string? body, string query)
    {
        await Create(name);
        var response = await Delete($"{ConfigMaps}/{name}{query}", body);
        Assert.Equal((HttpStatusCode.OK, "Success"),
            (response.StatusCode, (string?)(await ApiFixture.Body(response))["status"]));
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{ConfigMaps}/{name}")).StatusCode);
    }

    [Theory]
    [InlineData("""{"propagationPolicy":"Sideways"}""", "propagationPolicy: Unsupported value: \"Sideways\": "
        + "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"")]
    [InlineData("""{"propagationPolicy":"Orphan","orphanDependents":true}""", "propagationPolicy: Invalid value: "
        + "\"Orphan\": orphanDependents and deletionPropagation cannot be both set")]
    public async Task Options_that_say_nothing_clear_are_refused(string body, string message)
    {
        await Create("refused");
        var response = await Delete($"{ConfigMaps}/refused", body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal($"DeleteOptions.meta.k8s.io \"\" is invalid: {message}",
            (string?)(await ApiFixture.Body(response))["message"]);
        Assert.Equal(HttpStatusCode.OK, (await api.Admin.GetAsync($"{ConfigMaps}/refused")).StatusCode);
    }

    [Fact]
    public async Task A_later_request_may_change_the_propagation_and_says_nothing_without_one()
    {
        const string path = $"{ConfigMaps}/changing";
        await Create("changing");
        await Delete(path, """{"propagationPolicy":"Foreground"}""");
        var first = await ApiFixture.Body(await api.Admin.GetAsync(path));
        await Delete(path, null);
        Assert.Equal(first.ToJsonString(), (await ApiFixture.Body(await api.Admin.GetAsync(path))).ToJsonString());

        var orphan = await ApiFixture.Body(await Delete(path, """{"propagationPolicy":"Orphan"}"""));
        Assert.Equal("""["orphan"]""", Finalizers(orphan));
        Assert.Equal(
            (string?)first["metadata"]!["deletionTimestamp"], (string?)orphan["metadata"]!["deletionTimestamp"]);

        await Delete(path, """{"propagationPolicy":"Background"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task Finalizers_of_others_stay_whatever_the_propagation()
    {
        await Create("others", """{"finalizers":["ex.io/mine","orphan"]}""");
        var marked = await ApiFixture.Body(
            await Delete($"{ConfigMaps}/others", """{"propagationPolicy":"Foreground"}"""));
        Assert.Equal("""["ex.io/mine","foregroundDeletion"]""", Finalizers(marked));
    }

    [Fact]
    public async Task A_collection_is_deleted_by_the_same_options()
    {
        await Create("one", """{"labels":{"set":"many"}}""");
        await Create("two", """{"labels":{"set":"many"}}""");
        var list = await ApiFixture.Body(
            await Delete($"{ConfigMaps}?labelSelector=set%3Dmany", """{"propagationPolicy":"Orphan"}"""));
        Assert.All(list["items"]!.AsArray(), item => Assert.Equal("""["orphan"]""", Finalizers(item!)));
        Assert.Equal(2, list["items"]!.AsArray().Count);
        await Delete($"{ConfigMaps}?labelSelector=set%3Dmany&propagationPolicy=Background", null);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{ConfigMaps}/one")).StatusCode);
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        await Create("dry");
        var before = await ApiFixture.Body(await api.Admin.GetAsync($"{ConfigMaps}/dry"));
        await Delete($"{ConfigMaps}/dry", """{"propagationPolicy":"Foreground","dryRun":["All"]}""");
        Assert.Equal(before.ToJsonString(),
            (await ApiFixture.Body(await api.Admin.GetAsync($"{ConfigMaps}/dry"))).ToJsonString());
    }

    [Fact]
    public async Task A_pod_keeps_its_grace_and_takes_only_a_shorter_one()
    {
        await api.Admin.PostAsync(Pods, ApiFixture.Json(
            """{"metadata":{"name":"web"},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"busybox"}]}}"""));
        Assert.Equal(60, await Grace("""{"gracePeriodSeconds":60}"""));
        Assert.Equal(60, await Grace(null));
        Assert.Equal(60, await Grace("""{"gracePeriodSeconds":90}"""));
        Assert.Equal(60, await Grace("""{"propagationPolicy":"Foreground"}"""));
        Assert.Equal(5, await Grace("""{"gracePeriodSeconds":5,"propagationPolicy":"Foreground"}"""));
        Assert.Equal(1, await Grace("""{"gracePeriodSeconds":-1}"""));
        var held = await ApiFixture.Body(await Delete($"{Pods}/web", """{"gracePeriodSeconds":0}"""));
        Assert.Equal("""["foregroundDeletion"]""", Finalizers(held));
        await Delete($"{Pods}/web", """{"propagationPolicy":"Background"}""");
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{Pods}/web")).StatusCode);

        async Task<int> Grace(string? body)
        {
            var pod = await ApiFixture.Body(await Delete($"{Pods}/web", body));
            return (int)pod["metadata"]!["deletionGracePeriodSeconds"]!;
        }
    }

    /// <param name="name">The ConfigMap's name.</param>
    /// <param name="more">Further fields of its metadata.</param>
    private async Task Create(string name, string more = "{}")
    {
        var metadata = JsonNode.Parse(more)!.AsObject();
        metadata["name"] = name;
        await api.Admin.PostAsync(
            ConfigMaps, ApiFixture.Json(new JsonObject { ["metadata"] = metadata }.ToJsonString()));
    }

    private async Task<HttpResponseMessage> Delete(string path, string? body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, path)
        {
            Content = body is null ? null : ApiFixture.Json(body),
        };
        return await api.Admin.SendAsync(request);
    }

    private static string Finalizers(JsonNode obj) => obj["metadata"]!["finalizers"]!.ToJsonString();
}
