using Edge.Server.Api.Discovery;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Edge.Tests.Server.Api;

public sealed class HealthTests
{
    private bool _stored = true;

    [Fact]
    public async Task A_server_that_is_well_says_ok()
    {
        Assert.Equal((200, "ok"), await Ask("healthz"));
        Assert.Equal((200, "ok"), await Ask("livez", "ping"));
        Assert.Equal(
            (200, "[+]ping ok\n[+]etcd ok\nreadyz check passed\n"), await Ask("readyz", query: "?verbose"));
    }

    [Fact]
    public async Task A_check_that_fails_is_named_whether_asked_or_not()
    {
        _stored = false;
        Assert.Equal(
            (500, "[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n"), await Ask("healthz"));
        Assert.Equal((500, "internal server error: reason withheld\n"), await Ask("healthz", "etcd"));
    }

    [Fact]
    public async Task A_check_can_be_left_out_and_one_that_is_not_there_is_told()
    {
        _stored = false;
        Assert.Equal(
            (200, "[+]ping ok\n[+]etcd excluded: ok\n"
                + "warn: some health checks cannot be excluded: no matches for \"log\"\nreadyz check passed\n"),
            await Ask("readyz", query: "?verbose&exclude=etcd&exclude=log"));
    }

    [Fact]
    public async Task A_check_that_is_not_there_is_not_found() =>
        Assert.Equal(404, (await Assert.ThrowsAsync<StatusException>(() => Ask("healthz", "nothing"))).Code);

    private async Task<(int Status, string Text)> Ask(string name, string? check = null, string query = "")
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new QueryString(query);
        http.Response.Body = new MemoryStream();
        var health = new HealthEndpoint(new HealthCheck("ping", () => true), new HealthCheck("etcd", () => _stored));
        await health.Run(http, name, check);
        http.Response.Body.Position = 0;
        return (http.Response.StatusCode, await new StreamReader(http.Response.Body).ReadToEndAsync());
    }
}
