using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Control.Nodes;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>A device that is enrolled and has no Node gets one; only the deny-list keeps it from that.</summary>
public sealed class NodeReturnTests : IAsyncDisposable
{
    private static readonly string s_key = new('a', 64);

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly NodeReturn _nodes;
    private int _uid;

    public NodeReturnTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => $"uid-{++_uid}");
        _nodes = new NodeReturn(
            _objects,
            node => [.. _fixture.Store.List(Resources.Pods.Prefix()).Items
                .Where(pod => Objects.Read(Resources.Pods, pod).Spec.NodeName == node).Select(pod => pod.Key)],
            _fixture.Clock, NullLogger<NodeReturn>.Instance);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task It_is_as_after_an_enrolment_and_records_the_key()
    {
        await _nodes.Make("n1", s_key, default);
        var node = Node()!;
        Assert.Equal("uid-1", node.Metadata.Uid);
        Assert.Equal("n1", node.Metadata.Labels!["kubernetes.io/hostname"]);
        Assert.Equal(s_key, NodeKey.Of(node));
        Assert.Equal(
            TimeJson.Text(_fixture.Clock.GetUtcNow()), node.Metadata.Annotations![NodeKey.SinceAnnotation]);
        Assert.Equal("node.kubernetes.io/not-ready", Assert.Single(node.Spec!.Taints!).Key);
    }

    [Fact]
    public async Task A_node_that_is_there_stays_as_it_is()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1","uid":"old"}}""");
        await _nodes.Make("n1", s_key, default);
        Assert.Equal("old", Node()!.Metadata.Uid);
        Assert.Null(NodeKey.Of(Node()));
    }

    [Fact]
    public async Task An_agent_that_does_not_say_its_key_has_a_node_without_a_record()
    {
        await _nodes.Make("n1", "", default);
        Assert.Null(NodeKey.Of(Node()));
    }

    [Theory]
    [InlineData("n1")]
    [InlineData("n1_KEY")]
    public async Task Whom_the_administrator_denied_gets_none_also_when_nobody_else_has_seen_the_list_yet(string entry)
    {
        await _fixture.Put(
            Resources.ConfigMaps.KeyOf(DeniedNodes.Namespace, DeniedNodes.ConfigMapName),
            $$$"""
            {"metadata":{"namespace":"kube-system","name":"edge-denied-nodes"},
             "data":{"{{{entry.Replace("KEY", s_key, StringComparison.Ordinal)}}}":"stolen"}}
            """);
        await _nodes.Make("n1", s_key, default);
        Assert.Null(Node());
    }

    [Fact]
    public async Task Pods_that_ran_on_the_former_node_go_and_those_that_wait_for_this_one_stay()
    {
        await Pod("ran", "n1", """{"phase":"Running","startTime":"2026-01-01T00:00:00Z"}""");
        await Pod("waits", "n1", """{"phase":"Pending"}""");
        await Pod("elsewhere", "n2", """{"phase":"Running","startTime":"2026-01-01T00:00:00Z"}""");
        await _nodes.Make("n1", s_key, default);
        Assert.Equal(
            ["elsewhere", "waits"], _objects.List(Resources.Pods).Select(pod => pod.Metadata.Name).Order());
    }

    private Node? Node() => _objects.Get(Resources.Nodes, null, "n1");

    private Task<long> Pod(string name, string node, string status) => _fixture.Put(
        Resources.Pods.KeyOf("default", name),
        $$$"""
        {"metadata":{"namespace":"default","name":"{{{name}}}","uid":"{{{name}}}"},
         "spec":{"nodeName":"{{{node}}}","containers":[]},"status":{{{status}}}}
        """);
}
