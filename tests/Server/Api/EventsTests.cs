using System.Net;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api;

/// <summary>Events are one thing in two groups: kept as core/v1, spoken as events.k8s.io/v1 too.</summary>
public sealed class EventsTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    private const string Core = "/api/v1/namespaces/default/events";
    private const string Newer = "/apis/events.k8s.io/v1/namespaces/default/events";

    [Fact]
    public async Task What_the_newer_group_creates_the_core_group_reads()
    {
        var made = await Create("one");
        Assert.Equal("events.k8s.io/v1 all is well", $"{made["apiVersion"]} {made["note"]}");
        var core = await ApiFixture.Body(await api.Admin.GetAsync($"{Core}/one"));
        Assert.Equal("v1 all is well p example.com/c",
            $"{core["apiVersion"]} {core["message"]} {core["involvedObject"]!["name"]} {core["reportingComponent"]}");
        Assert.Equal(HttpStatusCode.OK, (await api.Admin.DeleteAsync($"{Newer}/one")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.Admin.GetAsync($"{Core}/one")).StatusCode);
    }

    [Fact]
    public async Task The_newer_group_selects_by_its_own_names()
    {
        await Create("two");
        var list = await ApiFixture.Body(
            await api.Admin.GetAsync($"{Newer}?fieldSelector=regarding.name=p,metadata.name=two,reason=Bound"));
        Assert.Equal("EventList 1", $"{list["kind"]} {list["items"]!.AsArray().Count}");
        Assert.Equal("p", (string?)list["items"]![0]!["regarding"]!["name"]);
        var none = await ApiFixture.Body(await api.Admin.GetAsync($"{Newer}?fieldSelector=regarding.name=q"));
        Assert.Empty(none["items"]!.AsArray());
        var wrong = await api.Admin.GetAsync($"{Newer}?fieldSelector=involvedObject.name=p");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task An_event_of_the_newer_group_says_when_it_was()
    {
        var refused = await api.Admin.PostAsync(Newer, ApiFixture.Json(
            """{"metadata":{"name":"bad"},"regarding":{"namespace":"default"},"type":"Normal"}"""));
        var status = await ApiFixture.Body(refused);
        Assert.Equal("Event.events.k8s.io \"bad\" is invalid: eventTime: Required value", (string?)status["message"]);
    }

    [Fact]
    public async Task A_patch_speaks_the_group_that_it_was_sent_to()
    {
        await Create("three");
        var patched = await ApiFixture.Body(await api.Admin.PatchAsync($"{Newer}/three", ApiFixture.Json(
            """{"series":{"count":3,"lastObservedTime":"2026-01-01T00:00:01.000000Z"}}""",
            "application/strategic-merge-patch+json")));
        Assert.Equal(3, (int)patched["series"]!["count"]!);
        Assert.Equal("all is well", (string?)patched["note"]);
    }

    private async Task<JsonObject> Create(string name) => await ApiFixture.Body(
        await api.Admin.PostAsync(Newer, ApiFixture.Json($$$"""
            {"metadata":{"name":"{{{name}}}"},"eventTime":"2026-01-01T00:00:00.000000Z","action":"Bind",
             "reason":"Bound","reportingController":"example.com/c","reportingInstance":"c-1","type":"Normal",
             "note":"all is well","regarding":{"kind":"Pod","namespace":"default","name":"p"}}
            """)));
}
