using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>
/// What costs most when it is missing: things that clients do and servers made from the documentation do not expect.
/// </summary>
public sealed class TrapTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";
    private const string Protobuf = "application/vnd.kubernetes.protobuf";

    /// <summary>A ConfigMap cm1 as kubectl 1.33 creates it.</summary>
    private const string ConfigMapBody =
        "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEiUKFAoDY20xEgAaAXgiACoAMgA4AEIAEgYKAWESAWISBQoBYxIAGgAiAA==";

    [Fact]
    public async Task Typed_clients_send_protobuf_and_take_json()
    {
        await api.Admin.PostAsync("/api/v1/namespaces", ApiFixture.Json("""{"metadata":{"name":"x"}}"""));
        using var body = new ByteArrayContent(Convert.FromBase64String(ConfigMapBody));
        body.Headers.ContentType = new MediaTypeHeaderValue(Protobuf);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/namespaces/x/configmaps")
        {
            Content = body,
        };
        request.Headers.TryAddWithoutValidation("Accept", $"{Protobuf},application/json");
        using var response = await api.Admin.SendAsync(request);
        Assert.Equal((HttpStatusCode.Created, "application/json"), Head(response));
        Assert.Equal("b", (string?)(await ApiFixture.Body(response))["data"]!["a"]);
    }

    [Fact]
    public async Task Old_clients_ask_for_OpenAPI_version_2_in_protobuf_by_a_name_that_Go_cannot_read_back()
    {
        using var response = await Get(
            "/openapi/v2?timeout=32s", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(
            (HttpStatusCode.OK, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"), Head(response));
        Assert.Equal("\n\u00032.0"u8.ToArray(), body[..5]);

        using var json = await Get("/openapi/v2", "application/json");
        Assert.Equal((HttpStatusCode.OK, "application/json"), Head(json));
        Assert.Equal("2.0", (string?)(await ApiFixture.Body(json))["swagger"]);
    }

    [Fact]
    public async Task An_OpenAPI_document_that_did_not_change_is_not_sent_again()
    {
        var index = await ApiFixture.Body(await api.Admin.GetAsync("/openapi/v3"));
        var url = (string)index["paths"]!["apis/apps/v1"]!["serverRelativeURL"]!;
        using var first = await Get(url, "application/json");
        Assert.Contains("immutable", first.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        foreach (var path in (string[])[url, "/openapi/v3", "/openapi/v2", "/apis", "/api"])
        {
            var accept = path.StartsWith("/api", StringComparison.Ordinal)
                ? "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
                : "application/json";
            using var once = await Get(path, accept);
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.TryAddWithoutValidation("Accept", accept);
            request.Headers.IfNoneMatch.Add(once.Headers.ETag!);
            using var again = await api.Admin.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.NotModified), (path, again.StatusCode));
        }
    }

    [Fact]
    public async Task A_drain_and_can_i_read_plain_discovery_and_evict_only_what_it_lists()
    {
        using var response = await Get("/api/v1", "application/json, */*");
        var list = await ApiFixture.Body(response);
        Assert.Equal("APIResourceList", (string?)list["kind"]);
        var eviction = list["resources"]!.AsArray().Single(entry => (string?)entry!["name"] == "pods/eviction")!;
        Assert.Equal("policy v1 Eviction create", $"{eviction["group"]} {eviction["version"]} {eviction["kind"]} "
            + $"{eviction["verbs"]![0]}");
        Assert.Equal("", (string?)eviction["singularName"]);
    }

    [Fact]
    public async Task An_informer_that_lists_by_a_watch_is_told_where_the_beginning_ends()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json("""{"metadata":{"name":"first"}}"""));
        const string query = "?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
            + "&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dfirst";
        await using var stream = await api.Admin.GetStreamAsync(ConfigMaps + query);
        using var lines = new StreamReader(stream);
        var added = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        var end = JsonNode.Parse((await lines.ReadLineAsync())!)!;
        Assert.Equal("ADDED BOOKMARK v1 ConfigMap true", $"{added["type"]} {end["type"]} "
            + $"{end["object"]!["apiVersion"]} {end["object"]!["kind"]} "
            + $"{end["object"]!["metadata"]!["annotations"]!["k8s.io/initial-events-end"]}");
    }

    /// <summary>kubectl exec offers none; any answer but HTTP/1.1 would not be understood.</summary>
    [Fact]
    public async Task A_connection_that_names_no_protocol_speaks_HTTP_1_1()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, api.Server.Port);
        await using var tls = new SslStream(
            tcp.GetStream(), leaveInnerStreamOpen: false, (_, server, _, _) => server?.Issuer == api.ApiCa.Subject);
        await tls.AuthenticateAsClientAsync("127.0.0.1");
        await tls.WriteAsync("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(tls, Encoding.ASCII);
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Bodies_come_without_kind_and_without_content_type()
    {
        using var plain = new ByteArrayContent("""{"metadata":{"name":"bare"},"data":{"a":"1"}}"""u8.ToArray());
        Assert.Equal(HttpStatusCode.Created, (await api.Admin.PostAsync(ConfigMaps, plain)).StatusCode);
        using var changed = new ByteArrayContent("""{"metadata":{"name":"bare"},"data":{"a":"2"}}"""u8.ToArray());
        var put = await ApiFixture.Body(await api.Admin.PutAsync($"{ConfigMaps}/bare", changed));
        Assert.Equal("v1 ConfigMap 2", $"{put["apiVersion"]} {put["kind"]} {put["data"]!["a"]}");
        using var delete = new HttpRequestMessage(HttpMethod.Delete, $"{ConfigMaps}/bare")
        {
            Content = ApiFixture.Json("""{"propagationPolicy":"Background"}"""),
        };
        Assert.Equal(HttpStatusCode.OK, (await api.Admin.SendAsync(delete)).StatusCode);
    }

    [Fact]
    public async Task A_rollout_is_watched_only_where_the_strategy_is_filled_in()
    {
        var made = await ApiFixture.Body(await api.Admin.PostAsync(
            "/apis/apps/v1/namespaces/default/statefulsets", ApiFixture.Json("""
            {"metadata":{"name":"db"},"spec":{"serviceName":"db","selector":{"matchLabels":{"a":"b"}},
             "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}
            """)));
        Assert.Equal("RollingUpdate 0", $"{made["spec"]!["updateStrategy"]!["type"]} "
            + $"{made["spec"]!["updateStrategy"]!["rollingUpdate"]!["partition"]}");
    }

    [Fact]
    public async Task The_version_decides_which_kubectl_a_dispatcher_runs_and_which_charts_Helm_takes()
    {
        using var response = await Get("/version?timeout=5s", "application/json, */*");
        var version = await ApiFixture.Body(response);
        Assert.Equal("1 33", $"{version["major"]} {version["minor"]}");
        Assert.Matches(@"^v1\.33\.[0-9]+(\+[0-9a-z.]+)?$", (string?)version["gitVersion"]);
    }

    [Fact]
    public async Task Every_answer_says_that_it_is_json_and_of_which_kind()
    {
        await api.Admin.PostAsync(ConfigMaps, ApiFixture.Json("""{"metadata":{"name":"typed"}}"""));
        foreach (var path in (string[])
            [
                ConfigMaps, $"{ConfigMaps}/typed", $"{ConfigMaps}/absent", "/api", "/apis", "/api/v1", "/apis/apps",
                "/apis/apps/v1", "/nothing", "/apis/no.such/v1/things",
            ])
        {
            using var response = await Get(path, "application/json, */*");
            Assert.Equal((path, "application/json"), (path, Head(response).Item2));
            Assert.NotNull((string?)(await ApiFixture.Body(response))["kind"]);
        }
    }

    private async Task<HttpResponseMessage> Get(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return await api.Admin.SendAsync(request);
    }

    private static (HttpStatusCode, string?) Head(HttpResponseMessage response) =>
        (response.StatusCode, response.Content.Headers.ContentType?.MediaType);
}
