using System.Text;
using System.Text.Json.Nodes;
using Edge.Server.Schedule;

namespace Edge.Tests.Server.Schedule;

/// <summary>Binding by bytes says what binding by tree says, or leaves it to the tree.</summary>
public sealed class BindingBytesTests
{
    private static readonly DateTimeOffset _now = new(2026, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Theory]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{}}""")]
    [InlineData("""{"metadata":{"uid":"u","labels":{"uid":"v"}},"spec":{"a":[{"b":"nodeName"}]},"status":{}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{"a":[1,{"b":2}],"c":null},"status":{"phase":"Pending"}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{"a":1},"status":{"conditions":[]}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{"a":1},"status":{"conditions":[{"type":"X"}],"b":"c"}}""")]
    [InlineData("""{"kind":"Pod","metadata":{"uid":"u"},"spec":{"a":{}},"status":{"conditions":[{}]}}""")]
    public void A_waiting_pod_is_bound_as_its_tree_would_be(string pod)
    {
        var spliced = BindingBytes.Splice(Encoding.UTF8.GetBytes(pod), "u", "node-1", _now);
        var tree = Binding.Bind(JsonNode.Parse(pod)!.AsObject(), "u", "node-1", null, _now);
        Assert.True(JsonNode.DeepEquals(tree, JsonNode.Parse(spliced)), Encoding.UTF8.GetString(spliced!));
    }

    [Theory]
    [InlineData("""{"metadata":{"uid":"v"},"spec":{}}""")]
    [InlineData("""{"metadata":{"uid":"v","annotations":{"uid":"u"}},"spec":{}}""")]
    [InlineData("""{"metadata":{},"spec":{}}""")]
    [InlineData("""{"metadata":{"uid":"u"}}""")]
    [InlineData("""{"metadata":{"uid":"u","deletionTimestamp":"2026-01-01T00:00:00Z"},"spec":{}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{"nodeName":"n"}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{"nodeName":""}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":null}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{},"status":null}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{},"status":{"conditions":null}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"spec":{},"status":{"conditions":[{"type":"PodScheduled"}]}}""")]
    [InlineData("""{"metadata":{"uid":"u"},"status":{},"spec":{}}""")]
    public void Whatever_else_is_left_to_the_tree(string pod) =>
        Assert.Null(BindingBytes.Splice(Encoding.UTF8.GetBytes(pod), "u", "node-1", _now));
}
