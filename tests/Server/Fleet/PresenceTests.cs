using System.Text.Json.Nodes;
using Edge.Server.Fleet;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Hello = Edge.Proto.Link.Hello;

namespace Edge.Tests.Server.Fleet;

/// <summary>When a node counts as there, and when nothing is known of it.</summary>
public sealed class PresenceTests : IAsyncDisposable
{
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(40);

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly Presence _presence;
    private readonly List<string> _pods = [];

    public PresenceTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        _presence = New();
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_lost_session_changes_no_object_before_the_grace_is_over()
    {
        await Ready();
        var revision = Revision();
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(_grace - TimeSpan.FromSeconds(1));
        await _presence.Expired("n1", default);
        Assert.Equal(revision, Revision());

        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _presence.Expired("n1", default);
        Assert.Equal("Unknown", ReadyStatus());
    }

    [Fact]
    public async Task A_node_that_came_back_in_time_is_not_touched()
    {
        await Ready();
        var revision = Revision();
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(_grace / 2);
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        _fixture.Clock.Advance(_grace);
        await _presence.Expired("n1", default);
        Assert.Equal(revision, Revision());
    }

    [Fact]
    public async Task A_node_that_comes_back_late_is_ready_again_without_a_new_report()
    {
        await Ready();
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(_grace);
        await _presence.Expired("n1", default);
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        Assert.Equal("True", ReadyStatus());
    }

    [Fact]
    public async Task A_stored_node_that_does_not_come_back_after_a_restart_becomes_unknown()
    {
        await Ready();
        var restarted = New();
        restarted.Expect("n1");
        _fixture.Clock.Advance(_grace);
        await restarted.Expired("n1", default);
        Assert.Equal("Unknown", ReadyStatus());
    }

    [Fact]
    public async Task A_wall_clock_that_steps_back_keeps_no_lost_node_ready()
    {
        await Ready();
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.StepWall(TimeSpan.FromHours(-1));
        _fixture.Clock.Advance(_grace);
        Assert.Null(await _presence.Expired("n1", default));
        Assert.Equal("Unknown", ReadyStatus());
    }

    [Fact]
    public async Task A_question_that_comes_early_is_told_when_to_come_again()
    {
        await Ready();
        Assert.Equal(_grace, _presence.Disconnected("n1", _fixture.Clock.GetUtcNow()));
        _fixture.Clock.Advance(_grace - TimeSpan.FromMilliseconds(3));
        Assert.Equal(TimeSpan.FromMilliseconds(3), await _presence.Expired("n1", default));
        Assert.Equal("True", ReadyStatus());

        _fixture.Clock.Advance(TimeSpan.FromMilliseconds(3));
        Assert.Null(await _presence.Expired("n1", default));
        Assert.Equal("Unknown", ReadyStatus());
    }

    [Fact]
    public async Task A_session_that_comes_and_goes_is_asked_about_by_one_timer()
    {
        await Ready();
        Assert.Equal(_grace, _presence.Disconnected("n1", _fixture.Clock.GetUtcNow()));
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        Assert.Null(_presence.Disconnected("n1", _fixture.Clock.GetUtcNow()));
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        Assert.Null(await _presence.Expired("n1", default));
        Assert.Equal(_grace, _presence.Disconnected("n1", _fixture.Clock.GetUtcNow()));
    }

    [Fact]
    public async Task A_second_loss_counts_its_own_grace()
    {
        await Ready();
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        _fixture.Clock.Advance(_grace / 2);
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(_grace / 2);
        await _presence.Expired("n1", default);
        Assert.Equal("True", ReadyStatus());
    }

    [Fact]
    public async Task Pods_of_a_lost_node_are_not_ready_until_it_returns_and_then_as_it_said_last()
    {
        await Ready();
        var before = await Pod("web", "True");
        await Lost();
        var away = _objects.Get(Resources.Pods, "default", "web")!.Status!;
        Assert.Equal("False", away.Conditions!.Single().Status);
        Assert.StartsWith("Node n1 is out of reach, last contact at ", away.Message);
        var told = Assert.Single(_objects.List(Resources.Events));
        Assert.Equal(
            ("NodeNotReady", "Node is not ready", "web"), (told.Reason, told.Message, told.InvolvedObject.Name));

        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        Assert.Equal(before, Stored("web"));
    }

    [Fact]
    public async Task A_loss_that_is_told_twice_is_written_once()
    {
        await Ready();
        await Pod("web", "True");
        await Lost();
        var revision = _fixture.Store.Revision;
        await _presence.Expired("n1", default);
        Assert.Equal(revision, _fixture.Store.Revision);
    }

    [Fact]
    public async Task Of_a_pod_that_was_not_ready_no_event_tells()
    {
        await Ready();
        await Pod("web", "False");
        await Lost();
        Assert.Empty(_objects.List(Resources.Events));
    }

    /// <summary>Rollouts take a pod on a node that is there and not ready for one that is unwell.</summary>
    [Fact]
    public async Task Pods_are_ready_again_before_their_node_is_and_unready_after_it_is_not()
    {
        await Ready();
        await Pod("web", "True");
        var before = _fixture.Store.Revision;
        await Lost();
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        var changes = new List<string>();
        await foreach (var change in _fixture.Store.Watch("/registry/", before, default))
        {
            changes.Add(change.Object.Key.Split('/')[3]);
            if (changes.Count == 5)
            {
                break;
            }
        }

        Assert.Equal(["nodes", "pods", "events", "pods", "nodes"], changes);
    }

    [Fact]
    public async Task A_lease_that_somebody_emptied_is_renewed_all_the_same()
    {
        await _fixture.Put(Resources.Leases.KeyOf("kube-node-lease", "n1"), """
            {"metadata":{"name":"n1","namespace":"kube-node-lease"}}
            """);
        await _presence.Heard("n1", _fixture.Clock.GetUtcNow(), default);
        var lease = _objects.Get(Resources.Leases, "kube-node-lease", "n1");
        Assert.Equal(_fixture.Clock.GetUtcNow(), lease?.Spec?.RenewTime);
    }

    private Presence New() => new(
        _objects,
        new PodPresence(_objects, _ => _pods, new EventRecorder(_objects, _fixture.Clock), _fixture.Clock),
        _grace, _fixture.Clock, NullLogger.Instance);

    private async Task Ready()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        await _presence.Connected("n1", new Hello { KeepAliveSeconds = 120 }, default);
        var report = JsonNode.Parse("""{"status":{"conditions":[{"type":"Ready","status":"True"}]}}""")!.AsObject();
        await _presence.Reported("n1", report, default);
        Assert.Equal("True", ReadyStatus());
    }

    private async Task Lost()
    {
        _presence.Disconnected("n1", _fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(_grace);
        await _presence.Expired("n1", default);
    }

    private async Task<string> Pod(string name, string ready)
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "default"), """{"metadata":{"name":"default"}}""");
        _pods.Add(Resources.Pods.KeyOf("default", name));
        await _fixture.Put(_pods[^1], $$$"""
            {"metadata":{"name":"{{{name}}}","namespace":"default","uid":"u"},"spec":{"nodeName":"n1","containers":[]},
             "status":{"phase":"Running","conditions":[
              {"type":"Ready","status":"{{{ready}}}","lastTransitionTime":"2025-12-31T00:00:00Z"}]}}
            """);
        return Stored(name);
    }

    private string Stored(string name) =>
        ObjectBytes.Read(_fixture.Store.Get(Resources.Pods.KeyOf("default", name))!.Value)["status"]!.ToJsonString();

    private long Revision() => _fixture.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value.Revision;

    private string? ReadyStatus() => _objects.Get(Resources.Nodes, null, "n1")?.Status?.Conditions?
        .FirstOrDefault(condition => condition.Type == "Ready")?.Status;
}
