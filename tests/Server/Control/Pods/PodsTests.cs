using Edge.Server.Control.Pods;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control.Pods;

/// <summary>Pods that nobody ends, and ended pods that nobody wants, over a real store.</summary>
public sealed class PodsTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly PodsController _pods;

    public PodsTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        _pods = new PodsController(_objects, endedMax: 2, _fixture.Clock, NullLogger<PodsController>.Instance);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Pods_of_a_missing_node_go_after_the_quarantine_and_stay_if_it_returns()
    {
        await PutPod("web", "n1");
        Assert.Equal(["ns/web"], List());
        Assert.Equal(TimeSpan.FromSeconds(40), await _pods.Sync("ns/web", default));

        await PutNode("n1");
        Assert.Equal(["ns/web"], OfNode("n1"));
        Assert.Null(await _pods.Sync("ns/web", default));
        Assert.Empty(OfNode("n1"));
        await _fixture.Delete(Resources.Nodes.KeyOf(null, "n1"));

        Assert.Equal(TimeSpan.FromSeconds(40), await _pods.Sync("ns/web", default));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(TimeSpan.FromSeconds(1), await _pods.Sync("ns/web", default));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await _pods.Sync("ns/web", default));
        Assert.Null(_objects.Get(Resources.Pods, "ns", "web"));
    }

    [Fact]
    public async Task A_pod_that_went_with_its_node_has_failed_for_those_who_still_see_it()
    {
        await PutPod("job", "gone", metadata: ""","finalizers":["ex.io/count"]""");
        await _pods.Sync("ns/job", default);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(40));
        await _pods.Sync("ns/job", default);

        var pod = _objects.Get(Resources.Pods, "ns", "job")!;
        Assert.Equal("Failed", pod.Status!.Phase);
        var condition = Assert.Single(pod.Status.Conditions!);
        Assert.Equal(
            ("DisruptionTarget", "True", "DeletionByPodGC", "PodGC: node no longer exists"),
            (condition.Type, condition.Status, condition.Reason, condition.Message));
        Assert.NotNull(pod.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task A_node_that_was_deleted_unseen_leaves_its_pods_to_the_next_listing()
    {
        await PutNode("n1");
        await PutPod("on-n1", "n1");
        await PutPod("on-gone", "gone");
        await PutPod("on-none", "");

        Assert.Equal(["ns/on-gone"], List());
        Assert.Equal(["ns/on-gone"], Nodes().KeysOfDeleted!());
    }

    [Fact]
    public async Task A_pod_that_was_deleted_before_it_had_a_node_goes_at_once()
    {
        await PutPod("early", "", ""","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30""");
        Assert.Equal(["ns/early"], List());
        await _pods.Sync("ns/early", default);
        Assert.Null(_objects.Get(Resources.Pods, "ns", "early"));
    }

    [Fact]
    public async Task Only_terminating_pods_of_a_node_out_of_service_are_taken_from_it()
    {
        await PutPod("stays", "n1");
        await PutPod("goes", "n1", ""","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30""");
        await PutNode("n1");
        List();
        Assert.Empty(OfNode("n1"));
        Assert.Null(await _pods.Sync("ns/goes", default));
        Assert.NotNull(_objects.Get(Resources.Pods, "ns", "goes"));

        await PutNode("n1", """{"taints":[{"key":"node.kubernetes.io/out-of-service","effect":"NoExecute"}]}""");
        Assert.Equal(["ns/goes"], OfNode("n1"));
        await _pods.Sync("ns/goes", default);
        await _pods.Sync("ns/stays", default);
        Assert.Null(_objects.Get(Resources.Pods, "ns", "goes"));
        Assert.NotNull(_objects.Get(Resources.Pods, "ns", "stays"));
    }

    [Fact]
    public async Task The_oldest_ended_pods_go_when_there_are_too_many_and_evicted_ones_before_them()
    {
        await PutNode("n1");
        await PutEnded("b-third", 3, "Succeeded");
        await PutEnded("c-second", 2, "Failed");
        await PutEnded("a-first", 1, "Succeeded");
        await PutEnded("evicted", 9, "Failed", ""","reason":"Evicted" """);
        await PutEnded("runs", 0, "Running");

        Assert.Equal([PodsController.EndedKey], List());
        await _pods.Sync(PodsController.EndedKey, default);
        Assert.Equal(["b-third", "c-second", "runs"], _objects.List(Resources.Pods).Select(pod => pod.Metadata.Name));
        Assert.Empty(List());
        await _pods.Sync(PodsController.EndedKey, default);
        Assert.Equal(3, _objects.List(Resources.Pods).Count());
    }

    [Fact]
    public async Task A_pod_that_ends_is_counted_and_one_that_goes_is_not()
    {
        await PutNode("n1");
        List();
        Assert.Empty(await ChangeTo("one", 1, "Succeeded"));
        Assert.Empty(await ChangeTo("two", 2, "Succeeded"));
        Assert.Empty(await ChangeTo("three", 3, "Running"));
        Assert.Equal([PodsController.EndedKey], await ChangeTo("three", 3, "Failed"));
        var last = _fixture.Store.Get(Resources.Pods.KeyOf("ns", "one"))!.Value;
        Assert.Equal(["ns/one"], Step(new FollowStep.Changed(new Change(ChangeType.Delete, last, last))));

        async Task<IEnumerable<string>> ChangeTo(string name, int hour, string phase)
        {
            await PutEnded(name, hour, phase);
            var stored = _fixture.Store.Get(Resources.Pods.KeyOf("ns", name))!.Value;
            return Step(new FollowStep.Changed(new Change(ChangeType.Put, stored, null)));
        }
    }

    private IEnumerable<string> List() => Step(new FollowStep.Listed(_fixture.Store.List(Resources.Pods.Prefix())));

    private IReadOnlyList<string> Step(FollowStep step) =>
        _pods.Sources.Single(source => source.Prefix == Resources.Pods.Prefix()).KeysOfStep!(step);

    private Edge.Server.Control.WatchSource Nodes() =>
        _pods.Sources.Single(source => source.Prefix == Resources.Nodes.Prefix());

    private List<string> OfNode(string name) =>
        Nodes().KeysOf(_fixture.Store.Get(Resources.Nodes.KeyOf(null, name))!.Value).ToList();

    private Task<long> PutNode(string name, string spec = "{}") => _fixture.Put(
        Resources.Nodes.KeyOf(null, name), $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""");

    private Task<long> PutPod(string name, string node, string metadata = "") => _fixture.Put(
        Resources.Pods.KeyOf("ns", name),
        $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"u"{{{metadata}}}},"spec":{"nodeName":"{{{node}}}"}}
        """);

    private Task<long> PutEnded(string name, int hour, string phase, string status = "") => _fixture.Put(
        Resources.Pods.KeyOf("ns", name),
        $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}",
         "creationTimestamp":"2026-01-01T0{{{hour}}}:00:00Z"},
         "spec":{"nodeName":"n1"},"status":{"phase":"{{{phase}}}"{{{status}}}}}
        """);
}
