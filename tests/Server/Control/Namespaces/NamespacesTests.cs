using Edge.Server.Control.Namespaces;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control.Namespaces;

/// <summary>How a deleted namespace is emptied, over a real store.</summary>
public sealed class NamespacesTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;

    public NamespacesTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_deleted_namespace_is_emptied_and_others_are_not()
    {
        await PutDeleted();
        await Put(Resources.ConfigMaps.KeyOf("old", "c"), """{"metadata":{"name":"c","namespace":"old"}}""");
        await Put(Resources.ConfigMaps.KeyOf("older", "c"), """{"metadata":{"name":"c","namespace":"older"}}""");
        await Put("/registry/example/things/old/t", """{"metadata":{"name":"t","namespace":"old"}}""");
        await Put(Resources.Nodes.KeyOf(null, "old"), """{"metadata":{"name":"old"}}""");

        await Sync();

        Assert.Equal(
            [Resources.ConfigMaps.KeyOf("older", "c"), Resources.Nodes.KeyOf(null, "old")],
            _fixture.Store.List("/registry/").Items.Select(item => item.Key));
    }

    [Fact]
    public async Task Pods_go_first_and_the_rest_when_their_nodes_have_ended_them()
    {
        await PutDeleted();
        var pod = Resources.Pods.KeyOf("old", "web");
        await Put(pod, """
            {"metadata":{"name":"web","namespace":"old","uid":"u"},"spec":{"nodeName":"n1","containers":[]}}
            """);
        await Put(Resources.ConfigMaps.KeyOf("old", "c"), """{"metadata":{"name":"c","namespace":"old"}}""");

        Assert.NotNull(await Sync());
        Assert.NotNull(_objects.Get(Resources.Pods, "old", "web")?.Metadata.DeletionTimestamp);
        Assert.NotNull(_objects.Get(Resources.ConfigMaps, "old", "c"));
        Assert.Equal("Some resources are remaining: pods. has 1 resource instances", Condition("ContentRemaining"));
        Assert.Equal("All content-preserving finalizers finished", Condition("FinalizersRemaining"));

        await _fixture.Delete(pod);
        Assert.Null(await Sync());
        Assert.Empty(_fixture.Store.List("/registry/").Items);
    }

    [Fact]
    public async Task What_finalizers_hold_is_told_in_the_conditions_until_it_goes()
    {
        await PutDeleted();
        foreach (var name in new[] { "a", "b" })
        {
            await Put($"/registry/example/things/old/{name}", $$$"""
                {"metadata":{"name":"{{{name}}}","namespace":"old","finalizers":["ex.io/two","ex.io/one"]}}
                """);
        }

        await Put(Resources.Secrets.KeyOf("old", "s"), """{"metadata":{"name":"s","finalizers":["ex.io/one"]}}""");
        Assert.NotNull(await Sync());

        Assert.Equal(
            "Some resources are remaining: secrets. has 1 resource instances, things.example has 2 resource instances",
            Condition("ContentRemaining"));
        Assert.Equal(
            "Some content in the namespace has finalizers remaining: ex.io/one in 3 resource instances, "
            + "ex.io/two in 2 resource instances",
            Condition("FinalizersRemaining"));
        Assert.Equal(
            "All content successfully deleted, may be waiting on finalization", Condition("DeletionContentFailure"));

        var revision = _fixture.Store.Get(Resources.Namespaces.KeyOf(null, "old"))!.Value.Revision;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await Sync());
        Assert.Equal(revision, _fixture.Store.Get(Resources.Namespaces.KeyOf(null, "old"))!.Value.Revision);
    }

    [Fact]
    public async Task The_longer_something_holds_it_the_more_seldom_it_is_looked_at()
    {
        await PutDeleted();
        await Put(Resources.Secrets.KeyOf("old", "s"), """{"metadata":{"name":"s","finalizers":["ex.io/one"]}}""");
        Assert.Equal(1, (await Sync())!.Value.TotalSeconds);
        _fixture.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(30, (await Sync())!.Value.TotalSeconds);
        _fixture.Clock.Advance(TimeSpan.FromDays(5));
        Assert.Equal(60, (await Sync())!.Value.TotalSeconds);
    }

    [Fact]
    public async Task Dependents_wait_for_no_owner_in_a_namespace_that_goes()
    {
        await PutDeleted();
        await Put("/registry/example/things/old/a", """
            {"metadata":{"name":"a","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["foregroundDeletion"]}}
            """);
        await Put("/registry/example/things/old/b", """{"metadata":{"name":"b","finalizers":["orphan"]}}""");
        Assert.Null(await Sync());
        Assert.Empty(_fixture.Store.List("/registry/").Items);
    }

    [Fact]
    public async Task A_namespace_keeps_what_else_holds_it_and_is_emptied_once()
    {
        await Put(Resources.Namespaces.KeyOf(null, "old"), """
            {"metadata":{"name":"old","deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["ex.io/mine"]},
             "spec":{"finalizers":["kubernetes","ex.io/other"]}}
            """);
        Assert.Null(await Sync());
        Assert.Equal(["ex.io/other"], _objects.Get(Resources.Namespaces, null, "old")!.Spec!.Finalizers!);
        Assert.Equal("All content successfully removed", Condition("ContentRemaining"));
        var revision = _fixture.Store.Revision;
        Assert.Null(await Sync());
        Assert.Equal(revision, _fixture.Store.Revision);
    }

    [Fact]
    public async Task A_namespace_that_stays_is_left_alone()
    {
        await Put(Resources.Namespaces.KeyOf(null, "old"), """
            {"metadata":{"name":"old"},"spec":{"finalizers":["kubernetes"]}}
            """);
        await Put(Resources.ConfigMaps.KeyOf("old", "c"), """{"metadata":{"name":"c","namespace":"old"}}""");
        await Sync();
        Assert.NotNull(_objects.Get(Resources.ConfigMaps, "old", "c"));
    }

    private string? Condition(string type)
    {
        var ns = ObjectBytes.Read(_fixture.Store.Get(Resources.Namespaces.KeyOf(null, "old"))!.Value);
        return ns["status"]!["conditions"]!.AsArray().Single(
            condition => condition!["type"]!.ToString() == "Namespace" + type)!["message"]!.ToString();
    }

    private Task<TimeSpan?> Sync() => new NamespacesController(
        _objects, _fixture.Clock, NullLogger<NamespacesController>.Instance).Sync("old", default);

    private Task<long> PutDeleted() => Put(Resources.Namespaces.KeyOf(null, "old"), """
        {"metadata":{"name":"old","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{"finalizers":["kubernetes"]}}
        """);

    private Task<long> Put(string key, string json) => _fixture.Put(key, json);
}
