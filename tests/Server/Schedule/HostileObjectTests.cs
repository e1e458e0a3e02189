using System.Text;
using Edge.Server.Schedule;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>One object that says what nobody means does not end the placing of others.</summary>
public sealed class HostileObjectTests
{
    private readonly ClusterState _cluster = new();
    private readonly PendingPods _pending = new();
    private readonly ClusterFeed _feed;

    public HostileObjectTests() => _feed = new ClusterFeed(_cluster, _pending, NullLogger.Instance);

    [Fact]
    public void A_node_that_offers_more_than_a_number_holds_disturbs_no_other()
    {
        _feed.ListNodes(new Listing(1, [Node("huge", "100000000E"), Node("n1", "4")]));
        _feed.ChangeNode(new Change(ChangeType.Put, Node("huge", "100000000E"), null));
        _feed.ChangeNode(new Change(ChangeType.Delete, Node("huge", "100000000E"), null));
        Assert.Equal("n1", Placed(Pod("web", "1")));
    }

    [Theory]
    [InlineData("""[null]""")]
    [InlineData("""[{"names":[null],"sizeBytes":1}]""")]
    public void A_node_that_cannot_be_read_is_left_out(string images)
    {
        _feed.ListNodes(new Listing(1, [Node("odd", "4", images), Node("n1", "4")]));
        _feed.ChangeNode(new Change(ChangeType.Put, Node("odd", "4", images), null));
        Assert.Equal("n1", Assert.Single(_cluster.Nodes).Name);
    }

    [Fact]
    public void A_pod_that_asks_for_more_than_a_number_holds_fits_nowhere()
    {
        _feed.ListNodes(new Listing(1, [Node("n1", "4")]));
        Assert.Null(Placed(Pod("huge", "100000000E")));
        Assert.Equal("n1", Placed(Pod("web", "1")));
    }

    [Fact]
    public void Amounts_that_no_sum_holds_leave_no_room_and_give_it_back_when_they_leave()
    {
        _feed.ListNodes(new Listing(1, [Node("n1", "4")]));
        foreach (var name in (string[])["a", "b", "c"])
        {
            _feed.ChangePod(new Change(ChangeType.Put, Pod(name, "100000000E", "n1"), null));
        }

        Assert.Null(Placed(Pod("web", "1")));
        foreach (var name in (string[])["a", "b", "c"])
        {
            Assert.Null(Placed(Pod("web", "1")));
            _feed.ChangePod(new Change(ChangeType.Delete, Pod(name, "1"), null));
        }

        Assert.Equal("n1", Placed(Pod("web", "1")));
    }

    [Fact]
    public void A_pod_that_cannot_be_read_is_left_out()
    {
        _feed.ChangePod(new Change(ChangeType.Put, Stored("ns/odd", """
            {"metadata":{"name":"odd","namespace":"ns","uid":"u"},"spec":{"containers":[null]}}
            """), null));
        Assert.Null(_pending.Take());
    }

    private string? Placed(StoredObject pod) => _feed.ReadPod(pod) is { } facts
        ? (new Placement(_cluster).Decide(facts, 0) as PlacementOutcome.Placed)?.Node
        : null;

    private static StoredObject Node(string name, string cpu, string images = "[]") =>
        new(Resources.Nodes.KeyOf(null, name), 1, Encoding.UTF8.GetBytes($$"""
            {"metadata":{"name":"{{name}}"},"status":{"allocatable":{"cpu":"{{cpu}}","memory":"8Gi","pods":"9"},
             "images":{{images}},"conditions":[{"type":"Ready","status":"True"}] } }
            """));

    private static StoredObject Pod(string name, string cpu, string node = "") => Stored($"ns/{name}", """
        {"metadata":{"name":"NAME","namespace":"ns","uid":"NAME"},"spec":{"nodeName":"NODE",
         "containers":[{"name":"c","resources":{"requests":{"cpu":"CPU"}}},
                       {"name":"d","resources":{"requests":{"cpu":"CPU"}}}]}}
        """.Replace("NAME", name).Replace("NODE", node).Replace("CPU", cpu));

    private static StoredObject Stored(string key, string json) =>
        new(Resources.Pods.Prefix() + key, 1, Encoding.UTF8.GetBytes(json));
}
