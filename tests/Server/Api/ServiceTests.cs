using System.Net;

namespace Edge.Tests.Server.Api;

/// <summary>Services and claims, which are kept for those who will act on them.</summary>
public sealed class ServiceTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Claims = "/api/v1/namespaces/default/persistentvolumeclaims";

    [Fact]
    public async Task A_manifest_that_never_named_the_address_can_replace_a_service_that_has_one()
    {
        await api.Admin.PostAsync(Services, ApiFixture.Json(
            """{"metadata":{"name":"web"},"spec":{"clusterIP":"10.43.0.9","ports":[{"port":80}]}}"""));
        var put = await api.Admin.PutAsync($"{Services}/web", ApiFixture.Json(
            """{"metadata":{"name":"web"},"spec":{"ports":[{"port":81}]}}"""));
        var service = await ApiFixture.Body(put);
        Assert.Equal("10.43.0.9 10.43.0.9 81", $"{service["spec"]!["clusterIP"]} {service["spec"]!["clusterIPs"]![0]} "
            + $"{service["spec"]!["ports"]![0]!["port"]}");

        var refused = await api.Admin.PutAsync($"{Services}/web", ApiFixture.Json(
            """{"metadata":{"name":"web"},"spec":{"clusterIP":"None","ports":[{"port":81}]}}"""));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
    }

    [Fact]
    public async Task A_headless_service_and_a_claim_are_stored_with_a_warning()
    {
        var made = await api.Admin.PostAsync(Services, ApiFixture.Json("""
            {"metadata":{"name":"nginx"},"spec":{"clusterIP":"None","ports":[{"port":80}],"selector":{"app":"nginx"}}}
            """));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("299 - \"spec: stored, but Edge does not act on this field yet\"",
            Assert.Single(made.Headers.GetValues("Warning")));

        var claim = await ApiFixture.Body(await api.Admin.PostAsync(Claims, ApiFixture.Json("""
            {"metadata":{"name":"www"},"status":{"phase":"Bound"},
             "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}
            """)));
        Assert.Equal("Pending", (string?)claim["status"]!["phase"]);
        Assert.Null(claim["metadata"]!["generation"]);
    }
}
