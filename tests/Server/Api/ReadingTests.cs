using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Forms of answers, the rules of list and watch parameters, and what each of them refuses.</summary>
public sealed class ReadingTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Metadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    private const string MetadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";

    [Theory]
    [InlineData("?resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden "
        + "unless resourceVersion is provided")]
    [InlineData("?resourceVersion=0&resourceVersionMatch=Exact", "resourceVersionMatch: Forbidden: "
        + "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")]
    [InlineData("?resourceVersion=5&resourceVersionMatch=Near", "resourceVersionMatch: Unsupported value: \"Near\": "
        + "supported values: \"Exact\", \"NotOlderThan\"")]
    [InlineData("?sendInitialEvents=true", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list")]
    [InlineData("?watch=1&sendInitialEvents=true", "resourceVersionMatch: Forbidden: sendInitialEvents requires "
        + "setting resourceVersionMatch to NotOlderThan")]
    [InlineData("?watch=1&resourceVersionMatch=NotOlderThan", "resourceVersionMatch: Forbidden: resourceVersionMatch "
        + "is forbidden for watch unless sendInitialEvents is provided")]
    public async Task Options_that_do_not_go_together_are_invalid(string query, string why)
    {
        var response = await api.Admin.GetAsync("/api/v1/configmaps" + query);
        var status = await ApiFixture.Body(response);
        Assert.Equal(((HttpStatusCode)422, "Invalid", $"ListOptions.meta.k8s.io \"\" is invalid: {why}"),
            (response.StatusCode, (string?)status["reason"], (string?)status["message"]));
    }

    [Fact]
    public async Task The_deepest_object_can_be_read_by_people_too()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 110)) + "1" + new string('}', 110);
        const string revisions = "/apis/apps/v1/namespaces/default/controllerrevisions";
        var made = await api.Admin.PostAsync(revisions, ApiFixture.Json(
            $$$"""{"metadata":{"name":"deep"},"revision":1,"data":{{{deep}}}}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        foreach (var path in (string[])[revisions, revisions + "/deep"])
        {
            var response = await api.Admin.GetAsync(path + "?pretty=true");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains(new string(' ', 220) + "\"a\": 1\n", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task A_revision_beyond_the_newest_asks_to_come_again()
    {
        var response = await api.Admin.GetAsync("/api/v1/configmaps?resourceVersion=99999999999");
        var status = await ApiFixture.Body(response);
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
        Assert.StartsWith("Timeout: Too large resource version: 99999999999, current: ", (string?)status["message"]);
        Assert.Equal("ResourceVersionTooLarge", (string?)status["details"]!["causes"]![0]!["reason"]);
        Assert.Equal(1, (int)status["details"]!["retryAfterSeconds"]!);
        Assert.Equal("1", response.Headers.RetryAfter!.ToString());
    }

    [Fact]
    public async Task A_list_that_goes_on_takes_no_revision()
    {
        var maps = await Three("goes-on");
        var token = (string?)(await Get(maps + "?limit=1"))["metadata"]!["continue"];
        var refused = await api.Admin.GetAsync($"{maps}?limit=1&continue={token}&resourceVersion=7");
        Assert.Equal("specifying resource version is not allowed when using continue",
            (string?)(await ApiFixture.Body(refused))["message"]);
        refused = await api.Admin.GetAsync($"{maps}?limit=1&continue=what");
        Assert.Equal((HttpStatusCode.BadRequest, "continue key is not valid"),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
    }

    [Fact]
    public async Task A_token_that_is_too_old_comes_with_one_for_the_newest()
    {
        var maps = await Three("too-old");
        var old = Convert.ToBase64String(Encoding.UTF8.GetBytes("""{"v":"meta.k8s.io/v1","rv":3,"start":"a"}"""))
            .TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var gone = await api.Admin.GetAsync($"{maps}?limit=1&continue={old}");
        var status = await ApiFixture.Body(gone);
        Assert.Equal((HttpStatusCode.Gone, "Expired"), (gone.StatusCode, (string?)status["reason"]));
        var rest = await Get($"{maps}?continue={(string?)status["metadata"]!["continue"]}");
        Assert.Equal(["b", "c"], Names(rest));
    }

    [Fact]
    public async Task A_page_of_a_selection_does_not_count_the_rest()
    {
        var maps = await Three("counted");
        Assert.Equal(2, (int)(await Get(maps + "?limit=1"))["metadata"]!["remainingItemCount"]!);
        Assert.Null((await Get(maps + "?limit=1&labelSelector=n>1"))["metadata"]!["remainingItemCount"]);
        Assert.Null((await Get(maps))["metadata"]!["remainingItemCount"]);
    }

    [Theory]
    [InlineData("n>1", "b c")]
    [InlineData("n<3,n>1", "b")]
    [InlineData("n", "a b c")]
    [InlineData("!n", "")]
    [InlineData("n in (1,3)", "a c")]
    [InlineData("n notin (1, 3)", "b")]
    [InlineData("n==2", "b")]
    [InlineData("n!=2,m!=x", "a c")]
    public async Task Labels_select(string selector, string expected)
    {
        var maps = await Three("labels");
        var list = await Get($"{maps}?labelSelector={Uri.EscapeDataString(selector)}");
        Assert.Equal(expected, string.Join(' ', Names(list)));
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("n=a b")]
    [InlineData("n>x")]
    [InlineData("-n")]
    [InlineData("n in x")]
    public async Task What_is_no_selector_is_refused(string selector)
    {
        var response = await api.Admin.GetAsync(
            $"/api/v1/configmaps?labelSelector={Uri.EscapeDataString(selector)}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Metadata_alone_is_listed_and_watched_bookmarks_included()
    {
        var maps = await Three("metadata");
        var list = await Get(maps, MetadataList);
        Assert.Equal("PartialObjectMetadataList meta.k8s.io/v1 PartialObjectMetadata", $"{list["kind"]} "
            + $"{list["apiVersion"]} {list["items"]![0]!["kind"]}");
        Assert.Null(list["items"]![0]!["data"]);
        using var lines = await Watch(maps + "?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            + "&allowWatchBookmarks=true&limit=500", Metadata);
        var events = new List<string>();
        while (events.Count < 4)
        {
            var line = JsonNode.Parse((await lines.ReadLineAsync())!)!;
            events.Add($"{line["type"]} {line["object"]!["kind"]}");
        }

        Assert.Equal(["ADDED PartialObjectMetadata", "BOOKMARK PartialObjectMetadata"], events.Distinct());
    }

    [Fact]
    public async Task A_watch_of_rows_names_the_columns_once()
    {
        var maps = await Three("rows");
        using var lines = await Watch(maps + "?watch=1", Table);
        var first = JsonNode.Parse((await lines.ReadLineAsync())!)!["object"]!;
        var second = JsonNode.Parse((await lines.ReadLineAsync())!)!["object"]!;
        Assert.Equal("Name", (string?)first["columnDefinitions"]![0]!["name"]);
        var row = first["rows"]![0]!;
        Assert.Equal("a PartialObjectMetadata", $"{row["cells"]![0]} {row["object"]!["kind"]}");
        Assert.Null(second["columnDefinitions"]);
    }

    [Fact]
    public async Task A_form_that_is_unknown_is_not_acceptable_unless_another_is_named()
    {
        const string odd = "application/json;as=Scroll;v=v1;g=meta.k8s.io";
        using var refused = await Send("/api/v1/configmaps", odd);
        Assert.Equal((HttpStatusCode.NotAcceptable, "NotAcceptable"),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["reason"]));
        Assert.Equal("ConfigMapList", (string?)(await Get("/api/v1/configmaps", $"{odd},application/json"))["kind"]);
    }

    [Fact]
    public async Task Yaml_is_answered_to_who_asks_for_it()
    {
        using var response = await Send("/api/v1/namespaces/default", "application/yaml");
        Assert.Equal("application/yaml", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task People_get_lines_and_clients_get_none()
    {
        Assert.DoesNotContain("\n", await Text("/api/v1/namespaces/default", "Go-http-client/2.0"));
        Assert.DoesNotContain("\n", await Text("/api/v1/namespaces/default?pretty=false", "curl/8.0"));
        Assert.StartsWith("{\n  \"apiVersion\"", await Text("/api/v1/namespaces/default", "curl/8.0"));
        Assert.StartsWith("{\n  \"apiVersion\"", await Text("/api/v1/namespaces/default?pretty=true", "x"));
    }

    [Fact]
    public async Task A_large_answer_is_compressed_for_who_takes_it()
    {
        const string maps = "/api/v1/namespaces/default/configmaps";
        await api.Admin.PostAsync(maps, ApiFixture.Json(
            $$$"""{"metadata":{"name":"large"},"data":{"a":"{{{new string('x', 200_000)}}}"}}"""));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{maps}/large");
        request.Headers.Add("Accept-Encoding", "gzip");
        using var response = await api.Admin.SendAsync(request);
        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        await using var plain = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        Assert.Equal("large", (string?)(await JsonNode.ParseAsync(plain))!["metadata"]!["name"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_list_is_whole_whether_it_is_sent_in_pieces_or_compressed(bool isCompressed)
    {
        var maps = await Three($"long-{isCompressed}".ToLowerInvariant());
        string[] names = ["d", "e", "f", "g", "h"];
        foreach (var name in names)
        {
            await api.Admin.PostAsync(maps, ApiFixture.Json(
                $$$"""{"metadata":{"name":"{{{name}}}"},"data":{"a":"{{{new string('x', 50_000)}}}"}}"""));
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, maps);
        request.Headers.Add("Accept-Encoding", isCompressed ? "gzip" : "identity");
        using var response = await api.Admin.SendAsync(request);
        await using var body = await response.Content.ReadAsStreamAsync();
        await using var plain = isCompressed ? new GZipStream(body, CompressionMode.Decompress) : body;
        var list = (await JsonNode.ParseAsync(plain))!;
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(
            ["a", "b", "c", .. names], list["items"]!.AsArray().Select(item => (string?)item!["metadata"]!["name"]));
    }

    [Fact]
    public async Task One_object_is_watched_by_its_name_and_on_the_older_path()
    {
        var maps = await Three("by-name");
        using var named = await Watch(maps + "?watch=&fieldSelector=metadata.name%3Db&resourceVersion=0");
        Assert.Equal("b", (string?)JsonNode.Parse((await named.ReadLineAsync())!)!["object"]!["metadata"]!["name"]);
        using var older = await Watch(maps.Replace("/v1/", "/v1/watch/", StringComparison.Ordinal) + "/c");
        Assert.Equal("c", (string?)JsonNode.Parse((await older.ReadLineAsync())!)!["object"]!["metadata"]!["name"]);
    }

    [Fact]
    public async Task A_watch_ends_when_it_was_told_to()
    {
        var maps = await Three("ends");
        using var lines = await Watch(maps + "?watch=true&timeoutSeconds=1&labelSelector=none");
        Assert.Null(await lines.ReadLineAsync());
    }

    private async Task<string> Three(string ns)
    {
        await api.Admin.PostAsync("/api/v1/namespaces", ApiFixture.Json($$$"""{"metadata":{"name":"{{{ns}}}"}}"""));
        var maps = $"/api/v1/namespaces/{ns}/configmaps";
        foreach (var (name, number) in ((string, int)[])[("a", 1), ("b", 2), ("c", 3)])
        {
            await api.Admin.PostAsync(maps, ApiFixture.Json(
                $$$"""{"metadata":{"name":"{{{name}}}","labels":{"n":"{{{number}}}"}},"data":{"k":"v"}}"""));
        }

        return maps;
    }

    private async Task<JsonObject> Get(string path, string accept = "application/json")
    {
        using var response = await Send(path, accept);
        return await ApiFixture.Body(response);
    }

    private async Task<HttpResponseMessage> Send(
        string path, string accept, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return await api.Admin.SendAsync(request, until);
    }

    private async Task<string> Text(string path, string agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("User-Agent", agent);
        using var response = await api.Admin.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private async Task<StreamReader> Watch(string path, string accept = "application/json")
    {
        var response = await Send(path, accept, HttpCompletionOption.ResponseHeadersRead);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private static IEnumerable<string> Names(JsonObject list) =>
        list["items"]!.AsArray().Select(item => (string)item!["metadata"]!["name"]!);
}
