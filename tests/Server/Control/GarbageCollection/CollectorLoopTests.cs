using System.Text.Json.Nodes;
using Edge.Server.Control;
using Edge.Server.Control.GarbageCollection;
using Edge.Server.Schema;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control.GarbageCollection;

/// <summary>The collector in its own loop, with all its workers, over a store that is closed under it.</summary>
public sealed class CollectorLoopTests : IAsyncDisposable
{
    /// <summary>Changes after which the server is killed; few, so that it happens many times in a cascade.</summary>
    private const int ChangesOfALife = 4;

    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData((int)Propagation.Background)]
    [InlineData((int)Propagation.Foreground)]
    public async Task A_cascade_ends_over_any_number_of_restarts(int propagation)
    {
        await Cascade((Propagation)propagation);
        Assert.Empty(_fixture.Store.List("/registry/").Items);
    }

    [Fact]
    public async Task Orphans_are_let_go_by_the_first_level_only()
    {
        await Cascade(Propagation.Orphan);
        Assert.Equal(
            [.. Enumerable.Range(0, 6).Select(i => $"/registry/core/configmaps/ns/r-{i}").Order()],
            _fixture.Store.List("/registry/").Items.Where(item => ObjectHead.TryRead(item)!.Owners.Count == 0)
                .Select(item => item.Key));
        Assert.Equal(6 + 36, _fixture.Store.List("/registry/").Items.Count);
    }

    /// <summary>One root, six below it, six below each: deletes the root and waits as many lives as it takes.</summary>
    private async Task Cascade(Propagation propagation)
    {
        await Put("r", null);
        foreach (var i in Enumerable.Range(0, 6))
        {
            await Put($"r-{i}", "r");
            foreach (var j in Enumerable.Range(0, 6))
            {
                await Put($"r-{i}-{j}", $"r-{i}");
            }
        }

        var objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        await objects.TryDelete(
            _fixture.Store.Get(KeyOf("r"))!.Value, new DeletionWish(Propagation: propagation), [], default);
        while (!await Live())
        {
            await _fixture.Reopen();
        }
    }

    /// <summary>True when it has nothing left to do; false when it was killed before.</summary>
    private async Task<bool> Live()
    {
        var store = _fixture.Store;
        var objects = new Objects(store, _fixture.Clock, () => "uid");
        var collector = new GarbageCollectionController(
            objects, SchemaCatalog.Default, new EventRecorder(objects, _fixture.Clock),
            NullLogger<GarbageCollectionController>.Instance);
        using var stop = new CancellationTokenSource();
        var loop = new ControllerLoop(
            collector, store, TimeProvider.System, NullLogger<ControllerLoop>.Instance).Run(stop.Token);
        var changes = 0;
        await foreach (var step in store.Follow("/registry/", default))
        {
            changes += step is FollowStep.Changed ? 1 : 0;
            if (changes == ChangesOfALife || IsDone(store.Current))
            {
                break;
            }
        }

        var done = IsDone(store.Current);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
        return done;
    }

    private static bool IsDone(StoreSnapshot at) => at.Range("/registry/").All(stored =>
        ObjectHead.TryRead(stored) is { IsBeingDeleted: false } head
        && head.Owners.All(owner => at.Get(KeyOf(owner.Name)) is not null));

    private Task<long> Put(string name, string? owner)
    {
        var metadata = new JsonObject { ["name"] = name, ["namespace"] = "ns", ["uid"] = "uid-of-" + name };
        if (owner is not null)
        {
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["name"] = owner, ["uid"] = "uid-of-" + owner,
                ["blockOwnerDeletion"] = true,
            });
        }

        return _fixture.Put(
            KeyOf(name),
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = metadata }.ToJsonString());
    }

    private static string KeyOf(string name) => Resources.ConfigMaps.KeyOf("ns", name);
}
