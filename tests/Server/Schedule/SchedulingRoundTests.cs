using Edge.Server.Schedule;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Schedule;

/// <summary>Rounds over a real store: who is tried when, and who is not forgotten.</summary>
public sealed class SchedulingRoundTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly ClusterFeed _feed;
    private readonly SchedulingRound _round;
    private readonly ClusterState _cluster = new();
    private readonly PlacementWriter _writer;

    public SchedulingRoundTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        var pending = new PendingPods();
        _feed = new ClusterFeed(_cluster, pending, NullLogger.Instance);
        var events = new EventRecorder(_objects, _fixture.Clock);
        _writer = new PlacementWriter(_objects, events, _fixture.Clock, NullLogger.Instance);
        _round = new SchedulingRound(_objects, _cluster, pending, _feed, _writer, _fixture.Clock);
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_pod_refused_for_room_that_another_only_seemed_to_take_is_tried_again()
    {
        await PutNode("");
        // The store has no pod under the name that this one gives itself: its bind comes too late, as after a delete.
        await Put("first", "gone", "");
        await Put("second", "second", "");
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);
        Assert.Null(NodeOf("second"));

        _feed.ChangePod(new Change(
            ChangeType.Delete, _fixture.Store.Get(Resources.Pods.KeyOf("ns", "first"))!.Value, null));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("second"));
    }

    [Fact]
    public async Task An_added_toleration_lets_a_refused_pod_try_again()
    {
        await PutNode("""{"key":"only","effect":"NoSchedule"}""");
        await Put("web", "web", "");
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);
        Assert.Null(NodeOf("web"));

        await Put("web", "web", """,{"operator":"Exists"}""", generation: 2);
        _feed.ChangePod(new Change(
            ChangeType.Put, _fixture.Store.Get(Resources.Pods.KeyOf("ns", "web"))!.Value, null));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("web"));
    }

    [Fact]
    public async Task A_wall_clock_that_steps_back_holds_no_pod_up()
    {
        await Put("web", "web", "");
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);
        await PutNode("");
        _fixture.Clock.StepWall(TimeSpan.FromHours(-1));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("web"));
    }

    [Fact]
    public async Task A_preempted_pod_is_told_why_and_leaves_with_its_grace_and_then_the_other_is_bound()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await PutNode("");
        await PutPriority("low", 1, "n1");
        await PutPriority("high", 10, null);
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);

        var low = _objects.Get(Resources.Pods, "ns", "low")!;
        Assert.Equal(30, low.Metadata.DeletionGracePeriodSeconds);
        var told = Assert.Single(low.Status!.Conditions!);
        Assert.Equal(("DisruptionTarget", "True", "PreemptionByScheduler"), (told.Type, told.Status, told.Reason));
        Assert.Equal("default-scheduler: preempting to accommodate a higher priority pod", told.Message);
        Assert.Contains(_objects.List(Resources.Events), note => note is
        {
            Reason: "Preempted", InvolvedObject.Name: "low", Message: "Preempted by pod high on node n1",
        });
        var high = _objects.Get(Resources.Pods, "ns", "high")!;
        Assert.Equal("n1", high.Status!.NominatedNodeName);
        Assert.Equal("0/1 nodes are available: 1 Too many pods.", Assert.Single(high.Status.Conditions!).Message);

        Tell("low");
        Tell("high");
        await _fixture.Delete(Resources.Pods.KeyOf("ns", "low"));
        TellGone("low");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("high"));
    }

    [Fact]
    public async Task A_pod_is_placed_in_the_room_that_was_made_for_one_that_is_gone()
    {
        await NominateHigh();
        await PutPriority("mid", 5, null);
        Tell("mid");
        await _round.Run(default);
        Assert.Equal("", NodeOf("mid"));

        TellGone("high");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("mid"));
    }

    [Fact]
    public async Task A_late_word_of_a_bound_pod_does_not_keep_a_node_free_for_it()
    {
        await NominateHigh();
        var late = _fixture.Store.Get(Resources.Pods.KeyOf("ns", "high"))!.Value;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("high"));

        _feed.ChangePod(new Change(ChangeType.Put, late, null));
        Tell("high");
        await PutNode("", pods: 2);
        await PutPriority("mid", 5, null);
        Tell("mid");
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("mid"));
    }

    [Fact]
    public async Task Nobody_leaves_for_a_pod_that_was_deleted_meanwhile()
    {
        await PutNode("");
        await PutPriority("low", 1, "n1");
        await PutPriority("high", 10, null);
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        var high = _feed.ReadPod(_fixture.Store.Get(Resources.Pods.KeyOf("ns", "high")))!;
        var outcome = new Placement(_cluster).Decide(high, 0);
        Assert.NotNull(Assert.IsType<PlacementOutcome.Unplaceable>(outcome).Preemption);
        await _fixture.Delete(Resources.Pods.KeyOf("ns", "high"));

        Assert.Equal(WriteOutcome.Overtaken, await _writer.Write(new Decision(high, outcome), default));
        Assert.Null(_objects.Get(Resources.Pods, "ns", "low")!.Metadata.DeletionTimestamp);
    }

    [Fact]
    public async Task A_pod_that_waits_for_another_is_tried_once_that_one_is_placed()
    {
        await PutNode("", pods: 5);
        await _fixture.Put(Resources.Pods.KeyOf("ns", "a-follower"), """
            {"metadata":{"name":"a-follower","namespace":"ns","uid":"f"},"spec":{"priority":5,"affinity":{"podAffinity":
             {"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"host",
              "labelSelector":{"matchLabels":{"app":"leader"}}}]}},"containers":[{"name":"c","image":"i"}]}}
            """);
        await _fixture.Put(Resources.Pods.KeyOf("ns", "leader"), """
            {"metadata":{"name":"leader","namespace":"ns","uid":"l","labels":{"app":"leader"}},
             "spec":{"containers":[{"name":"c","image":"i"}]}}
            """);
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);
        Assert.Null(NodeOf("a-follower"));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _round.Run(default);
        Assert.Equal("n1", NodeOf("a-follower"));
    }

    /// <summary>One place on n1, which is kept free for the pod high: the one that had it is gone.</summary>
    private async Task NominateHigh()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await PutNode("");
        await PutPriority("low", 1, "n1");
        await PutPriority("high", 10, null);
        _feed.ListPods(_fixture.Store.List(Resources.Pods.Prefix()));
        await _round.Run(default);
        Tell("high");
        await _fixture.Delete(Resources.Pods.KeyOf("ns", "low"));
        TellGone("low");
    }

    private void TellGone(string pod) => _feed.ChangePod(new Change(
        ChangeType.Delete, new StoredObject(Resources.Pods.KeyOf("ns", pod), 9, "{}"u8.ToArray()), null));

    private void Tell(string pod) => _feed.ChangePod(new Change(
        ChangeType.Put, _fixture.Store.Get(Resources.Pods.KeyOf("ns", pod))!.Value, null));

    private Task<long> PutPriority(string name, int priority, string? node) =>
        _fixture.Put(Resources.Pods.KeyOf("ns", name), $$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}"},"spec":{"priority":{{{priority}}},
             "nodeName":"{{{node}}}","containers":[{"name":"c","image":"i"}]}}
            """);

    private async Task PutNode(string taint, int pods = 1)
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), $$$"""
            {"metadata":{"name":"n1","labels":{"host":"n1"}},"spec":{"taints":[{{{taint}}}]},"status":{
             "allocatable":{"cpu":"4","memory":"8Gi","pods":"{{{pods}}}"},
             "conditions":[{"type":"Ready","status":"True"}]}}
            """);
        _feed.ListNodes(_fixture.Store.List(Resources.Nodes.Prefix()));
    }

    private Task<long> Put(string key, string name, string tolerations, int generation = 1) =>
        _fixture.Put(Resources.Pods.KeyOf("ns", key), $$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}","generation":{{{generation}}}},
             "spec":{"tolerations":[{"key":"x"}{{{tolerations}}}],"containers":[{"name":"c","image":"i"}]}}
            """);

    private string? NodeOf(string pod) => _objects.Get(Resources.Pods, "ns", pod)!.Spec.NodeName;
}
