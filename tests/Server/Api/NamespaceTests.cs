using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>What holds a namespace, and who may take that away.</summary>
public sealed class NamespaceTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Namespaces = "/api/v1/namespaces";

    [Theory]
    [InlineData("put")]
    [InlineData("patch")]
    public async Task Its_finalizers_are_changed_by_no_update_but_finalize(string verb)
    {
        var path = $"{Namespaces}/{verb}";
        await api.Admin.PostAsync(Namespaces, ApiFixture.Json($$$"""{"metadata":{"name":"{{{verb}}}"}}"""));
        await Change();
        Assert.Equal("""{"finalizers":["kubernetes"]}""", await Spec());

        await api.Admin.DeleteAsync(path);
        await Change();
        Assert.Equal("""{"finalizers":["kubernetes"]}""", await Spec());

        async Task Change()
        {
            var changed = verb == "put"
                ? await api.Admin.PutAsync(
                    path, ApiFixture.Json("""{"metadata":{"name":"put","labels":{"a":"b"}}}"""))
                : await api.Admin.PatchAsync(path, ApiFixture.Json(
                    """{"metadata":{"labels":{"a":"b"}},"spec":{"finalizers":null}}""",
                    "application/merge-patch+json"));
            Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        }

        async Task<string> Spec() => (await ApiFixture.Body(await api.Admin.GetAsync(path)))["spec"]!.ToJsonString();
    }

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    [InlineData("kube-node-lease")]
    public async Task The_clusters_own_may_not_be_deleted(string name)
    {
        var refused = await api.Admin.DeleteAsync($"{Namespaces}/{name}");
        var body = await ApiFixture.Body(refused);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(
            $"namespaces \"{name}\" is forbidden: this namespace may not be deleted", (string?)body["message"]);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await api.Admin.DeleteAsync(Namespaces)).StatusCode);
        var kept = await ApiFixture.Body(await api.Admin.GetAsync($"{Namespaces}/{name}"));
        Assert.Null(kept["metadata"]!["deletionTimestamp"]);
    }

    [Fact]
    public async Task What_is_created_while_it_is_deleted_was_there_before_or_is_refused()
    {
        for (var round = 0; round < 10; round++)
        {
            var ns = $"race-{round}";
            await api.Admin.PostAsync(Namespaces, ApiFixture.Json("{\"metadata\":{\"name\":\"" + ns + "\"}}"));
            var creations = Enumerable.Range(0, 8).Select(_ => api.Admin.PostAsync(
                $"{Namespaces}/{ns}/configmaps", ApiFixture.Json("""{"metadata":{"generateName":"c-"}}"""))).ToList();
            var marked = Revision(await ApiFixture.Body(await api.Admin.DeleteAsync($"{Namespaces}/{ns}")));
            foreach (var created in await Task.WhenAll(creations))
            {
                Assert.True(created.StatusCode == HttpStatusCode.Forbidden
                    || Revision(await ApiFixture.Body(created)) < marked);
            }
        }

        static long Revision(JsonObject body) => long.Parse((string)body["metadata"]!["resourceVersion"]!);
    }

    [Fact]
    public async Task A_new_one_is_held_by_kubernetes_besides_what_it_asks_for()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(Namespaces, ApiFixture.Json(
            """{"metadata":{"name":"two"},"spec":{"finalizers":["ex.io/mine"]},"status":{"phase":"Terminating"}}""")));
        Assert.Equal("""{"finalizers":["ex.io/mine","kubernetes"]}""", made["spec"]!.ToJsonString());
        Assert.Equal("Active", (string?)made["status"]!["phase"]);
        Assert.Equal("two", (string?)made["metadata"]!["labels"]!["kubernetes.io/metadata.name"]);
    }
}
