using Edge.Proto.Model;
using Edge.Server.Control.TaintEviction;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>Taint eviction over a real store: what pods and Events say, and what the link is asked.</summary>
public sealed class TaintEvictionTests : IAsyncDisposable
{
    private const string Custom = """{"key":"maintenance","effect":"NoExecute"}""";
    private const string Unreachable = """{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}""";

    private const string Minute =
        """{"key":"node.kubernetes.io/unreachable","operator":"Exists","tolerationSeconds":60}""";

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly TaintEvictionController _controller;
    private readonly List<string> _asked = [];
    private TimeSpan _silence;
    private bool _heard;

    public TaintEvictionTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        var contact = new NodeContact(
            _ => _silence,
            (node, key, silence) =>
            {
                _asked.Add($"withhold {node} {key} after {silence.TotalSeconds} s");
                return !_heard;
            },
            (node, key, revision) => _asked.Add($"settle {node} {key} {revision - _fixture.Store.Revision}"),
            (node, key) => _asked.Add($"release {node} {key}"));
        _controller = new TaintEvictionController(
            _objects, new EventRecorder(_objects, _fixture.Clock), contact, _fixture.Clock,
            NullLogger<TaintEvictionController>.Instance);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_pod_that_does_not_bear_a_taint_is_marked_and_deleted()
    {
        await Begin(Custom, "");
        Assert.Null(await _controller.Sync("ns/web", default));

        var pod = Pod()!;
        Assert.NotNull(pod.Metadata.DeletionTimestamp);
        Assert.Equal(30, pod.Metadata.DeletionGracePeriodSeconds);
        var condition = Assert.Single(pod.Status!.Conditions!);
        Assert.Equal(
            ("DisruptionTarget", "True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"),
            (condition.Type, condition.Status, condition.Reason, condition.Message));
        Assert.Equal(["Marking for deletion Pod ns/web"], Told());
    }

    [Fact]
    public async Task A_pod_waits_its_seconds_and_is_told_when_it_may_stay()
    {
        await Begin(Custom, """{"key":"maintenance","operator":"Exists","tolerationSeconds":60}""");
        Assert.Equal(60, await Sync());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(40, await Sync());

        await Node("");
        Assert.Null(await Sync());
        Assert.Equal(["Cancelling deletion of Pod ns/web"], Told());

        await Node(Custom);
        Assert.Equal(60, await Sync());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await Sync());
        Assert.NotNull(Pod()!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task A_wall_clock_that_is_set_evicts_nobody()
    {
        await Begin(Custom, """{"key":"maintenance","operator":"Exists","tolerationSeconds":60}""");
        await Sync();
        _fixture.Clock.StepWall(TimeSpan.FromDays(365));
        Assert.Equal(60, await Sync());
    }

    [Fact]
    public async Task A_lease_that_is_over_takes_the_pod_out_and_keeps_its_node_from_hearing()
    {
        await Begin(Unreachable, Minute);
        Assert.Equal(277.7, await Sync());
        _silence = TimeSpan.FromSeconds(277.7);
        var from = _fixture.Store.Revision;

        Assert.Null(await Sync());

        Assert.Null(Pod());
        Assert.Equal(["withhold n1 pods/u after 277.7 s", "settle n1 pods/u 0"], _asked);
        Assert.Equal(["Marking for deletion Pod ns/web"], Told());
        var last = await LastSeen(from);
        Assert.Equal("Failed", last.Status!.Phase);
        Assert.Equal("DeletionByTaintManager", Assert.Single(last.Status.Conditions!).Reason);
    }

    [Fact]
    public async Task A_node_that_was_heard_in_the_last_moment_keeps_its_pod()
    {
        await Begin(Unreachable, Minute);
        (_silence, _heard) = (TimeSpan.FromSeconds(300), true);
        Assert.NotNull(await Sync());
        Assert.Null(Pod()!.Metadata.DeletionTimestamp);
        Assert.Empty(Told());
    }

    [Fact]
    public async Task A_pod_that_finalizers_hold_is_ended_once()
    {
        await Begin(
            Unreachable, Minute,
            ""","finalizers":["batch.kubernetes.io/job-tracking"]""");
        _silence = TimeSpan.FromSeconds(300);
        await Sync();
        var pod = Pod()!;
        Assert.Equal(("Failed", 0L), (pod.Status!.Phase, pod.Metadata.DeletionGracePeriodSeconds));
        Assert.Equal(2, _asked.Count);

        await Sync();
        Assert.Equal(pod.Metadata.ResourceVersion, Pod()!.Metadata.ResourceVersion);
        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task A_pod_on_its_way_out_that_finalizers_hold_is_given_away_too()
    {
        await Begin(
            Unreachable, Minute,
            ""","finalizers":["a/b"],"deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":0""");
        _silence = TimeSpan.FromSeconds(300);
        await Sync();
        Assert.Equal("Failed", Pod()!.Status!.Phase);
        Assert.StartsWith("settle n1 pods/u", _asked[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ages_of_toleration_end_nothing()
    {
        await Begin(Custom, """{"key":"maintenance","operator":"Exists","tolerationSeconds":9223372036854775807}""");
        Assert.True(await Sync() > TimeSpan.FromDays(4000).TotalSeconds);
        Assert.Null(Pod()!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task Only_pods_of_a_node_whose_taints_changed_are_looked_at()
    {
        await Begin(Custom, "");
        await _fixture.Put(Resources.Pods.KeyOf("ns", "far"), """
            {"metadata":{"name":"far","namespace":"ns","uid":"f"},"spec":{"nodeName":"n2","containers":[]}}
            """);
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n2"), """{"metadata":{"name":"n2"},"spec":{}}""");
        var (nodes, pods) = (_controller.Sources[0], _controller.Sources[1]);
        Assert.Empty(pods.KeysOf(Stored(Resources.Pods.KeyOf("ns", "web"))));
        Assert.Empty(pods.KeysOf(Stored(Resources.Pods.KeyOf("ns", "far"))));
        Assert.Equal(["ns/web"], nodes.KeysOf(Stored(Resources.Nodes.KeyOf(null, "n1"))));
        Assert.Empty(nodes.KeysOf(Stored(Resources.Nodes.KeyOf(null, "n1"))));
        Assert.Empty(nodes.KeysOf(Stored(Resources.Nodes.KeyOf(null, "n2"))));
        Assert.Equal(["ns/web"], pods.KeysOf(Stored(Resources.Pods.KeyOf("ns", "web"))));

        await _fixture.Delete(Resources.Pods.KeyOf("ns", "web"));
        Assert.Equal(["ns/web"], pods.KeysOfDeleted!());
        await _controller.Sync("ns/web", default);
        Assert.Empty(pods.KeysOfDeleted!());
    }

    private async Task<double?> Sync() => (await _controller.Sync("ns/web", default))?.TotalSeconds;

    private async Task Begin(string taint, string toleration, string metadata = "")
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await Node(taint);
        await _fixture.Put(Resources.Pods.KeyOf("ns", "web"), $$"""
            {"metadata":{"name":"web","namespace":"ns","uid":"u"{{metadata}}},
             "spec":{"nodeName":"n1","containers":[],"tolerations":[{{toleration}}]},"status":{"phase":"Running"} }
            """);
    }

    private Task<long> Node(string taint) => _fixture.Put(
        Resources.Nodes.KeyOf(null, "n1"), $$"""
        {"metadata":{"name":"n1"},"spec":{"taints":[{{taint}}] } }
        """);

    private Pod? Pod() => _objects.Get(Resources.Pods, "ns", "web");

    private StoredObject Stored(string key) => _fixture.Store.Get(key)!.Value;

    private List<string?> Told() => [.. _objects.List(Resources.Events, "ns")
        .Where(said => said is { Reason: "TaintManagerEviction", Type: "Normal" }).Select(said => said.Message)];

    private async Task<Pod> LastSeen(long from)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await foreach (var change in _fixture.Store.Watch(Resources.Pods.Prefix(), from, limit.Token))
        {
            if (change.Type == ChangeType.Delete)
            {
                return Objects.Read(Resources.Pods, change.Object);
            }
        }

        throw new InvalidOperationException("the watch ended");
    }
}
