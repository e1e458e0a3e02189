using System.Text;
using Edge.Server.Fleet;
using Edge.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fleet;

/// <summary>Which nodes are compiled again after a change, and after a listing that follows a gap.</summary>
public sealed class DesiredMarksTests
{
    private static readonly string _pods = Resources.Pods.Prefix();
    private static readonly string _nodes = Resources.Nodes.Prefix();
    private static readonly string _secrets = Resources.Secrets.Prefix();

    private readonly DesiredMarks _marks = new(NullLogger.Instance);

    [Fact]
    public void A_node_that_was_deleted_in_a_gap_is_marked_by_the_listing_without_it()
    {
        List(_nodes, Node("n1"), Node("n2"));
        _marks.TakeDirty();
        List(_nodes, Node("n2"));
        Assert.Contains("n1", _marks.TakeDirty());

        List(_nodes);
        Assert.Equal(["n2"], _marks.TakeDirty());
    }

    [Fact]
    public void A_secret_that_was_deleted_in_a_gap_marks_the_nodes_that_had_it()
    {
        List(_pods, Pod("web", "n1", secret: "s"), Pod("plain", "n2"));
        _marks.TakeDirty();
        List(_secrets);
        Assert.Equal(["n1"], _marks.TakeDirty());
        Assert.Single(_marks.PodsOf("n1"));
    }

    [Fact]
    public void A_changed_secret_marks_the_nodes_that_have_it()
    {
        List(_pods, Pod("web", "n1", secret: "s"), Pod("other", "n2", secret: "t"));
        _marks.TakeDirty();
        Change(_secrets, Stored(_secrets + "ns/s", "{}"));
        Assert.Equal(["n1"], _marks.TakeDirty());
    }

    [Fact]
    public void A_listing_says_what_was_there_when_it_was_made_and_the_changes_after_it_count()
    {
        List(_pods, Pod("web", "n1"), Pod("gone", "n1"));
        Change(_pods, Pod("gone", "n1"), ChangeType.Delete);
        Change(_pods, Pod("web", "n1", more: ",\"deletionTimestamp\":\"2026-01-01T00:00:00Z\""));
        var pod = Assert.Single(_marks.PodsOf("n1"));
        Assert.Contains("deletionTimestamp", Encoding.UTF8.GetString(pod.Entry.Value.Span));

        List(_pods);
        Assert.Empty(_marks.PodsOf("n1"));
    }

    [Fact]
    public void A_pod_that_cannot_be_read_stays_on_its_node_as_it_was()
    {
        List(_pods, Pod("web", "n1"));
        _marks.TakeDirty();
        Change(_pods, Pod("web", "n1", more: ",\"deletionTimestamp\":\"\""));
        Assert.Empty(_marks.TakeDirty());
        Assert.Single(_marks.PodsOf("n1"));
    }

    private void List(string prefix, params StoredObject[] items) =>
        _marks.Take(prefix, new FollowStep.Listed(new Listing(1, items)));

    private void Change(string prefix, StoredObject stored, ChangeType type = ChangeType.Put) =>
        _marks.Take(prefix, new FollowStep.Changed(new Change(type, stored, null)));

    private static StoredObject Node(string name) => Stored(_nodes + name, "{}");

    private static StoredObject Pod(string name, string node, string secret = "", string more = "")
    {
        var source = secret.Length == 0 ? "" : $$$""","envFrom":[{"secretRef":{"name":"{{{secret}}}"}}]""";
        var metadata = $$$"""{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}"{{{more}}}}""";
        return Stored(_pods + "ns/" + name, $$$"""
            {"metadata":{{{metadata}}},"spec":{"nodeName":"{{{node}}}","containers":[{"name":"c"{{{source}}} }]}}
            """);
    }

    private static StoredObject Stored(string key, string json) => new(key, 1, Encoding.UTF8.GetBytes(json));
}
