using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control.Workloads;

/// <summary>Which owners learn of a change of what they had, or of the nodes it is on.</summary>
public sealed class WatchSourceTests : IAsyncDisposable
{
    private static readonly string s_pod = Resources.Pods.KeyOf("ns", "a");

    private readonly StoreFixture _fixture = new();
    private readonly PodIndex _pods;
    private readonly NodeReach _reach;

    public WatchSourceTests()
    {
        _pods = new PodIndex(_fixture.Store, NullLogger<PodIndex>.Instance);
        _reach = new NodeReach(_fixture.Store, NullLogger<NodeReach>.Instance);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task An_owner_learns_that_its_pod_is_another_s_or_nobody_s()
    {
        var source = _pods.Source(OwnerOf, () => []);
        Assert.Equal(["first"], source.KeysIn(await Put(s_pod, Pod("first"))));
        Assert.Equal(["second", "first"], source.KeysIn(await Put(s_pod, Pod("second"))));
        Assert.Equal(["none", "second"], source.KeysIn(await Put(s_pod, Pod(null))));
        Assert.Equal(["none"], source.KeysIn(await Put(s_pod, Pod(null))));
    }

    [Fact]
    public async Task An_owner_learns_of_the_end_of_a_pod_whose_name_another_owner_s_pod_has_by_then()
    {
        var source = _pods.Source(OwnerOf, () => []);
        var gone = await Put(s_pod, Pod("first"));
        var last = gone.Change.Object;
        await _fixture.Delete(s_pod);
        await Put(s_pod, Pod("second"));
        Assert.Equal(
            ["first"], source.KeysIn(new FollowStep.Changed(new Change(ChangeType.Delete, last, last))));
    }

    [Fact]
    public async Task News_of_a_node_s_load_concerns_nobody_and_news_of_its_reach_the_owners_of_its_pods()
    {
        await Put(s_pod, Pod("first"));
        _pods.Look(s_pod);
        var source = _reach.Source(_pods, OwnerOf);
        Assert.Equal(["first"], source.KeysIn(await Put(NodeKey, Node("True", "1"))));
        Assert.Empty(source.KeysIn(await Put(NodeKey, Node("True", "2"))));
        Assert.Equal(["first"], source.KeysIn(await Put(NodeKey, Node("Unknown", "2"))));
    }

    [Fact]
    public async Task A_node_that_left_and_returned_between_two_steps_is_told_of_twice()
    {
        await Put(s_pod, Pod("first"));
        _pods.Look(s_pod);
        var source = _reach.Source(_pods, OwnerOf);
        source.KeysIn(await Put(NodeKey, Node("True", "1")));
        var left = await Put(NodeKey, Node("Unknown", "1"));
        var returned = await Put(NodeKey, Node("True", "1"));
        Assert.Equal(["first"], source.KeysIn(left));
        Assert.Equal(["first"], source.KeysIn(returned));
    }

    [Fact]
    public async Task A_node_that_was_deleted_unseen_is_told_of_after_the_next_listing()
    {
        await Put(s_pod, Pod("first"));
        _pods.Look(s_pod);
        var source = _reach.Source(_pods, OwnerOf);
        source.KeysIn(await Put(NodeKey, Node("True", "1")));
        await _fixture.Delete(NodeKey);
        var listed = new FollowStep.Listed(_fixture.Store.List(Resources.Nodes.Prefix()));
        Assert.Equal(["first"], source.KeysIn(listed));
        Assert.Empty(source.KeysIn(listed));
    }

    private static string NodeKey => Resources.Nodes.KeyOf(null, "n1");

    private static IEnumerable<string> OwnerOf(PodView pod) => [pod.Controller?.Name ?? "none"];

    private async Task<FollowStep.Changed> Put(string key, string json)
    {
        var before = _fixture.Store.Get(key);
        await _fixture.Put(key, json);
        return new FollowStep.Changed(new Change(ChangeType.Put, _fixture.Store.Get(key)!.Value, before));
    }

    private static string Node(string ready, string load) => $$$"""
        {"metadata":{"name":"n1","annotations":{"load":"{{{load}}}"} },
         "status":{"conditions":[{"type":"Ready","status":"{{{ready}}}"}]} }
        """;

    private static string Pod(string? owner) => $$$"""
        {"metadata":{"name":"a","namespace":"ns","uid":"a","ownerReferences":[{{{(owner is null ? "" : $$"""
        {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{{owner}}","uid":"{{owner}}","controller":true}
        """)}}}]},"spec":{"nodeName":"n1","containers":[]} }
        """;
}
