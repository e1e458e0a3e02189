using System.Buffers.Text;
using System.Net;
using System.Text;

namespace Edge.Tests.Server.Api;

/// <summary>Requests that only a broken or hostile client sends: each gets its 4xx, and nothing else changes.</summary>
public sealed class HostileRequestTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Maps = "/api/v1/namespaces/default/configmaps";

    [Fact]
    public async Task A_watch_for_ever_is_a_watch()
    {
        using var watch = await api.Admin.GetAsync(
            $"{Maps}?watch=true&timeoutSeconds={long.MaxValue}", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, watch.StatusCode);
    }

    [Theory]
    [InlineData("""{"rv":1,"rv":1,"start":"a"}""")]
    [InlineData("""{"rv":1e30,"start":"a"}""")]
    [InlineData("""{"rv":"1","start":"a"}""")]
    [InlineData("[[[")]
    [InlineData("7")]
    public async Task A_continue_token_that_nobody_gave_is_refused(string token)
    {
        var text = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(token));
        using var answer = await api.Admin.GetAsync($"{Maps}?limit=1&continue={text}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("continue key is not valid", (string?)(await ApiFixture.Body(answer))["message"]);
    }

    [Fact]
    public async Task A_deep_object_does_not_spoil_the_lists_that_it_stands_in()
    {
        const string revisions = "/apis/apps/v1/namespaces/default/controllerrevisions";
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100)) + "1" + new string('}', 100);
        using var made = await api.Admin.PostAsync(revisions, ApiFixture.Json(
            $$$"""{"metadata":{"name":"deep"},"revision":1,"data":{{{deep}}}}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);

        using var chosen = await api.Admin.GetAsync($"{revisions}?labelSelector=!a");
        Assert.Equal(HttpStatusCode.OK, chosen.StatusCode);
        using var patched = await api.Admin.PatchAsync($"{revisions}/deep", ApiFixture.Json(
            """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json"));
        Assert.Equal(HttpStatusCode.OK, patched.StatusCode);
    }

    [Theory]
    [InlineData("application/json", 400)]
    [InlineData("application/yaml", 400)]
    public async Task A_body_that_is_nested_too_deep_is_refused(string type, int code)
    {
        using var answer = await api.Admin.PostAsync(
            Maps, ApiFixture.Json($"{{\"data\":{new string('[', 5000)}{new string(']', 5000)}}}", type));
        Assert.Equal(code, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_body_or_a_patch_that_is_too_large_is_refused()
    {
        using var body = await api.Admin.PostAsync(Maps, ApiFixture.Json(new string(' ', 4_000_000)));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, body.StatusCode);

        await api.Admin.PostAsync(Maps, ApiFixture.Json("""{"metadata":{"name":"many"},"data":{"a":"b"}}"""));
        var operations = Enumerable.Repeat("""{"op":"test","path":"/data/a","value":"b"}""", 10_001);
        using var patch = await api.Admin.PatchAsync($"{Maps}/many", ApiFixture.Json(
            $"[{string.Join(',', operations)}]", "application/json-patch+json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, patch.StatusCode);

        using var copies = await api.Admin.PatchAsync($"{Maps}/many", ApiFixture.Json(
            $"[{string.Join(',', Enumerable.Range(0, 40).Select(i =>
                $$"""{"op":"copy","from":"/data","path":"/data/x{{i}}"}"""))}]", "application/json-patch+json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, copies.StatusCode);
    }
}
