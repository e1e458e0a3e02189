using Edge.Server.Control.Pods;
using Edge.Server.Fleet;
using Edge.Server.Schedule;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Store;

/// <summary>An object that its record cannot hold is left out; no loop ends and nothing else suffers.</summary>
public sealed class UnreadableTests : IAsyncDisposable
{
    private const string Node = """
        {"metadata":{"name":"bad"},"spec":{"podCIDR":"10.64.0.0/24","taints":[{"key":"a","timeAdded":""}]}}
        """;

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;

    public UnreadableTests() => _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("""{"metadata":{"name":"bad"},"spec":{"taints":[{"key":"a","timeAdded":""}]}}""")]
    [InlineData("""{"metadata":{"name":"bad","generation":1.0}}""")]
    [InlineData("""{"spec":{}}""")]
    [InlineData("""{"metadata":{"name":7}}""")]
    [InlineData("null")]
    public async Task A_list_leaves_it_out_and_asking_for_it_by_name_says_why(string json)
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "bad"), json);
        await _fixture.Put(Resources.Nodes.KeyOf(null, "good"), """{"metadata":{"name":"good"}}""");

        Assert.Equal("good", Assert.Single(_objects.List(Resources.Nodes)).Metadata.Name);
        var fault = Assert.Throws<StoreException>(() => _objects.Get(Resources.Nodes, null, "bad"));
        Assert.Equal(StoreReason.Unreadable, fault.Reason);
    }

    [Fact]
    public async Task The_scheduler_goes_on_with_the_others()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "bad"), Node);
        await _fixture.Put(Resources.Nodes.KeyOf(null, "good"), """{"metadata":{"name":"good"}}""");
        var cluster = new ClusterState();
        var feed = new ClusterFeed(cluster, new PendingPods(), NullLogger.Instance);
        feed.ListNodes(_fixture.Store.List(Resources.Nodes.Prefix()));
        Assert.Equal("good", Assert.Single(cluster.Nodes).Name);
    }

    [Fact]
    public async Task Pods_of_an_unreadable_node_are_no_orphans()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "bad"), Node);
        await _fixture.Put(Resources.Pods.KeyOf("ns", "web"), """
            {"metadata":{"name":"web","namespace":"ns","uid":"u"},"spec":{"nodeName":"bad","containers":[]}}
            """);
        var pods = new PodsController(_objects, 0, _fixture.Clock, NullLogger<PodsController>.Instance);
        Assert.Null(await pods.Sync("ns/web", default));
    }

    [Fact]
    public async Task The_addresses_of_an_unreadable_node_stay_its_own()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "bad"), Node);
        await _fixture.Put(Resources.Nodes.KeyOf(null, "good"), """{"metadata":{"name":"good"}}""");
        using var stop = new CancellationTokenSource();
        var run = new NodeAddressing(_objects, NullLogger<NodeAddressing>.Instance).Run(stop.Token);
        var from = _fixture.Store.Revision - 1;
        await foreach (var change in _fixture.Store.Watch(Resources.Nodes.Prefix(), from, default))
        {
            if (change.Object.Key.EndsWith("/good", StringComparison.Ordinal)
                && _objects.Get(Resources.Nodes, null, "good")?.Spec?.PodCIDR is { } cidr)
            {
                Assert.Equal("10.64.1.0/24", cidr);
                break;
            }
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
    }
}
