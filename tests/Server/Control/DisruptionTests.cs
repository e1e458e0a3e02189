using Edge.Proto.Model;
using Edge.Server.Control;
using Edge.Server.Control.Disruption;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Control;

/// <summary>The controller of disruption budgets over a real store.</summary>
public sealed class DisruptionTests : IAsyncLifetime
{
    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly DisruptionController _controller;
    private readonly IReadOnlyList<WatchSource> _sources;

    public DisruptionTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        _controller = new DisruptionController(
            _objects, new NodeReach(_fixture.Store, NullLogger<NodeReach>.Instance),
            new EventRecorder(_objects, _fixture.Clock), _fixture.Clock, NullLogger<DisruptionController>.Instance);
        _sources = _controller.Sources;
    }

    public Task InitializeAsync() => Node("True");

    public Task DisposeAsync() => _fixture.DisposeAsync().AsTask();

    [Fact]
    public async Task A_budget_is_counted_and_counted_again_when_a_pod_changes()
    {
        await Put(Pod("a"));
        await Put(Pod("b"));
        Assert.Equal(["ns/web"], await Budget("""{"selector":{"matchLabels":{"app":"web"}},"minAvailable":1}"""));
        Assert.Null(await _controller.Sync("ns/web", default));
        Assert.Equal((2, 1, 1L), (Status.CurrentHealthy, Status.DisruptionsAllowed, Status.ObservedGeneration));

        Assert.Equal(["ns/web"], await Put(Pod("b", ready: "False")));
        await _controller.Sync("ns/web", default);
        Assert.Equal((1, 0), (Status.CurrentHealthy, Status.DisruptionsAllowed));
        Assert.Equal("InsufficientPods", Assert.Single(Status.Conditions!).Reason);
    }

    [Fact]
    public async Task Only_budgets_that_a_pod_concerns_are_looked_at()
    {
        Assert.Empty(await Put(Pod("a")));
        await Budget("""{"selector":{"matchLabels":{"app":"web"}},"minAvailable":1}""");
        Assert.Empty(await Put(Pod("a")));
        Assert.Empty(await Put(Pod("other", app: "db")));
        Assert.Equal(["ns/web"], await Put(Pod("a", app: "db")));
        Assert.Empty(await Put(Pod("a", app: "db", ready: "False")));

        var key = Resources.PodDisruptionBudgets.KeyOf("ns", "web");
        var last = _fixture.Store.Get(key)!.Value;
        await _fixture.Delete(key);
        Assert.Equal(["ns/web"], Keys(new Change(ChangeType.Delete, last, last), 0));
        Assert.Empty(await Put(Pod("a")));
    }

    [Fact]
    public async Task A_status_that_is_as_it_should_be_is_not_written()
    {
        await Put(Pod("a"));
        await Budget("""{"selector":{},"minAvailable":1}""");
        await _controller.Sync("ns/web", default);
        var revision = _fixture.Store.Revision;
        _fixture.Clock.Advance(TimeSpan.FromHours(1));
        await _controller.Sync("ns/web", default);
        Assert.Equal(revision, _fixture.Store.Revision);
    }

    [Fact]
    public async Task Pods_of_a_node_that_is_away_are_not_healthy_until_it_returns()
    {
        await Put(Pod("a"));
        await Budget("""{"selector":{},"minAvailable":1}""");
        Assert.Empty(await Node("True"));
        Assert.Equal(["ns/web"], await Node("Unknown"));
        await Node("False");
        await _controller.Sync("ns/web", default);
        Assert.Equal(0, Status.CurrentHealthy);

        Assert.Equal(["ns/web"], await Node("True"));
        await _controller.Sync("ns/web", default);
        Assert.Equal(1, Status.CurrentHealthy);
        Assert.Empty(await Node("True"));
    }

    [Fact]
    public async Task Pods_of_a_node_that_was_deleted_are_not_healthy()
    {
        await Put(Pod("a"));
        await Budget("""{"selector":{},"minAvailable":1}""");
        await Node("Unknown");
        var key = Resources.Nodes.KeyOf(null, "n1");
        var last = _fixture.Store.Get(key)!.Value;
        await _fixture.Delete(key);

        Assert.Equal(["ns/web"], Keys(new Change(ChangeType.Delete, last, last), 2));
        await _controller.Sync("ns/web", default);
        Assert.Equal(0, Status.CurrentHealthy);
    }

    [Fact]
    public async Task A_budget_tells_of_pods_that_it_cannot_count()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await Budget("""{"selector":{"matchLabels":{"app":"web"}},"maxUnavailable":1}""");
        await _controller.Sync("ns/web", default);
        await Put(Pod("a"));
        await _controller.Sync("ns/web", default);
        Assert.Equal(
            ["NoPods", "UnmanagedPods"], _objects.List(Resources.Events, "ns").Select(said => said.Reason).Order());
    }

    [Fact]
    public async Task An_eviction_that_was_granted_since_is_not_lost()
    {
        await Put(Pod("a"));
        await Put(Pod("b"));
        await Budget("""{"selector":{},"minAvailable":1}""");
        await _controller.Sync("ns/web", default);
        await _objects.Update(Resources.PodDisruptionBudgets, "ns", "web", tree =>
        {
            tree["status"]!["disruptedPods"] = new System.Text.Json.Nodes.JsonObject { ["a"] = "2026-01-01T00:00:00Z" };
            return tree;
        }, default);

        Assert.Equal(TimeSpan.FromMinutes(2), await _controller.Sync("ns/web", default));
        Assert.Equal((1, 0), (Status.CurrentHealthy, Status.DisruptionsAllowed));

        _fixture.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(await _controller.Sync("ns/web", default));
        Assert.Equal((2, 1), (Status.CurrentHealthy, Status.DisruptionsAllowed));
    }

    private PodDisruptionBudgetStatus Status => _objects.Get(Resources.PodDisruptionBudgets, "ns", "web")!.Status!;

    private Task<List<string>> Budget(string spec) => Put(
        Resources.PodDisruptionBudgets.KeyOf("ns", "web"),
        $$"""{"metadata":{"name":"web","namespace":"ns","uid":"p","generation":1},"spec":{{spec}} }""", 0);

    private Task<List<string>> Put((string Name, string Json) pod) =>
        Put(Resources.Pods.KeyOf("ns", pod.Name), pod.Json, 1);

    private Task<List<string>> Node(string ready) => Put(
        Resources.Nodes.KeyOf(null, "n1"),
        $$$"""{"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"{{{ready}}}"}]} }""", 2);

    private List<string> Keys(Change change, int source) =>
        [.. _sources[source].KeysIn(new FollowStep.Changed(change))];

    /// <summary>Writes the object and takes it in as the watch would; the keys to look at.</summary>
    private async Task<List<string>> Put(string key, string json, int source)
    {
        var before = _fixture.Store.Get(key);
        await _fixture.Put(key, json);
        return Keys(new Change(ChangeType.Put, _fixture.Store.Get(key)!.Value, before), source);
    }

    private static (string, string) Pod(string name, string app = "web", string ready = "True") => (name, $$$"""
        {"metadata":{"name":"{{{name}}}","namespace":"ns","uid":"{{{name}}}","labels":{"app":"{{{app}}}"} },
         "spec":{"nodeName":"n1","containers":[]},"status":{"conditions":[{"type":"Ready","status":"{{{ready}}}"}]} }
        """);
}
