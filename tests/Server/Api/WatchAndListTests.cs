using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

public sealed class WatchAndListTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Pages_are_of_one_moment()
    {
        var maps = await NewNamespace("pages");
        foreach (var name in new[] { "a", "b", "c" })
        {
            await Make(maps, name);
        }

        var first = await Get(maps + "?limit=2");
        Assert.Equal(1, (int)first["metadata"]!["remainingItemCount"]!);
        await Make(maps, "d");
        var rest = await Get($"{maps}?limit=2&continue={(string?)first["metadata"]!["continue"]}");

        Assert.Equal(["a", "b"], Names(first));
        Assert.Equal(["c"], Names(rest));
        Assert.Equal((string?)first["metadata"]!["resourceVersion"], (string?)rest["metadata"]!["resourceVersion"]);
    }

    [Fact]
    public async Task Selectors_choose_by_label_and_by_field()
    {
        var maps = await NewNamespace("selectors");
        await Make(maps, "a", "red");
        await Make(maps, "b", "blue");
        Assert.Equal(["a"], Names(await Get(maps + "?labelSelector=color%3Dred")));
        Assert.Equal(["b"], Names(await Get(maps + "?labelSelector=color%20notin%20(red,green)")));
        Assert.Equal(["b"], Names(await Get(maps + "?fieldSelector=metadata.name%3Db")));
        var odd = await api.Admin.GetAsync(maps + "?fieldSelector=spec.odd%3Db");
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    [Fact]
    public async Task A_watch_starts_with_what_is_there_and_goes_on()
    {
        var maps = await NewNamespace("watched");
        await Make(maps, "a");
        using var lines = await Watch(maps + "?watch=true");
        Assert.Equal(("ADDED", "a"), await Next(lines));
        await Make(maps, "b");
        Assert.Equal(("ADDED", "b"), await Next(lines));
        await api.Admin.DeleteAsync(maps + "/a");
        Assert.Equal(("DELETED", "a"), await Next(lines));
    }

    [Fact]
    public async Task An_object_that_leaves_the_selection_is_a_deletion()
    {
        var maps = await NewNamespace("selection");
        await Make(maps, "a", "red");
        using var lines = await Watch(maps + "?watch=true&labelSelector=color%3Dred");
        Assert.Equal(("ADDED", "a"), await Next(lines));
        await api.Admin.PatchAsync(maps + "/a", ApiFixture.Json(
            """{"metadata":{"labels":{"color":"blue"}}}""", "application/merge-patch+json"));
        Assert.Equal(("DELETED", "a"), await Next(lines));
    }

    [Fact]
    public async Task A_watch_list_says_when_the_beginning_is_over()
    {
        var maps = await NewNamespace("watchlist");
        await Make(maps, "a");
        using var lines = await Watch(maps
            + "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal(("ADDED", "a"), await Next(lines));
        var bookmark = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        Assert.Equal("BOOKMARK", (string?)bookmark["type"]);
        Assert.Equal("true", (string?)bookmark["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]);
    }

    [Fact]
    public async Task A_revision_that_is_gone_ends_the_watch_with_expired()
    {
        using var lines = await Watch("/api/v1/configmaps?watch=true&resourceVersion=1");
        var end = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        Assert.Equal(("ERROR", "Expired"), ((string?)end["type"], (string?)end["object"]!["reason"]));
        Assert.Null(await lines.ReadLineAsync());
    }

    private async Task<string> NewNamespace(string name)
    {
        await api.Admin.PostAsync("/api/v1/namespaces", ApiFixture.Json($$$"""{"metadata":{"name":"{{{name}}}"}}"""));
        return $"/api/v1/namespaces/{name}/configmaps";
    }

    private async Task Make(string maps, string name, string color = "none") => await api.Admin.PostAsync(
        maps, ApiFixture.Json($$$"""{"metadata":{"name":"{{{name}}}","labels":{"color":"{{{color}}}"} }}"""));

    private async Task<JsonObject> Get(string path) => await ApiFixture.Body(await api.Admin.GetAsync(path));

    private async Task<StreamReader> Watch(string path)
    {
        var response = await api.Admin.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static async Task<(string Type, string Name)> Next(StreamReader lines)
    {
        var change = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        return ((string)change["type"]!, (string)change["object"]!["metadata"]!["name"]!);
    }

    private static IEnumerable<string?> Names(JsonObject list) =>
        list["items"]!.AsArray().Select(item => (string?)item!["metadata"]!["name"]);
}
