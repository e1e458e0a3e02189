using System.Net;

namespace Edge.Tests.Server.Api;

/// <summary>The rules of priority classes that need to know the others.</summary>
public sealed class PriorityClassTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Classes = "/apis/scheduling.k8s.io/v1/priorityclasses";

    [Fact]
    public async Task One_class_at_most_is_the_global_default()
    {
        await Create("usual", isDefault: true);
        await Create("other", isDefault: false);

        var refused = await Create("second", isDefault: true);
        Assert.Equal((HttpStatusCode.Forbidden, "priorityclasses.scheduling.k8s.io \"second\" is forbidden: "
            + "PriorityClass usual is already marked as default. Only one default can exist"),
            (refused.StatusCode, (string?)(await ApiFixture.Body(refused))["message"]));
        var patched = await Patch("other", """{"globalDefault":true}""");
        Assert.Equal(HttpStatusCode.Forbidden, patched.StatusCode);

        Assert.Equal(HttpStatusCode.OK, (await Patch("usual", """{"description":"d"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Patch("usual", """{"globalDefault":false}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Patch("other", """{"globalDefault":true}""")).StatusCode);
        await api.Admin.DeleteAsync($"{Classes}/other");
    }

    [Fact]
    public async Task Its_value_stays()
    {
        var made = await ApiFixture.Body(await Create("fixed", isDefault: false));
        Assert.Equal(1, (int)made["metadata"]!["generation"]!);
        var refused = await ApiFixture.Body(await Patch("fixed", """{"value":6}"""));
        Assert.Equal("PriorityClass.scheduling.k8s.io \"fixed\" is invalid: value: Forbidden: "
            + "may not be changed in an update.", (string?)refused["message"]);
    }

    private Task<HttpResponseMessage> Create(string name, bool isDefault) => api.Admin.PostAsync(Classes,
        ApiFixture.Json($$$"""
            {"metadata":{"name":"{{{name}}}"},"value":5,"globalDefault":{{{(isDefault ? "true" : "false")}}}}
            """));

    private Task<HttpResponseMessage> Patch(string name, string patch) => api.Admin.PatchAsync(
        $"{Classes}/{name}", ApiFixture.Json(patch, "application/merge-patch+json"));
}
