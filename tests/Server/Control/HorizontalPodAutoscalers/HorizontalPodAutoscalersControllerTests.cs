using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Control.HorizontalPodAutoscalers;

/// <summary>When an autoscaler looks, whom it asks, and what it leaves in the store.</summary>
public sealed class HorizontalPodAutoscalersControllerTests : IAsyncDisposable
{
    private const string Key = "default/web";

    private readonly StoreFixture _fixture = new();
    private readonly ControlWorld _world;
    private readonly ConcurrentQueue<string> _asked = [];
    private long _milli = 50;

    public HorizontalPodAutoscalersControllerTests()
    {
        _world = new ControlWorld(_fixture);
        _world.UsageOf = node =>
        {
            _asked.Enqueue(node);
            return Task.FromResult(Usage(node));
        };
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Its_own_status_is_no_reason_to_look_again_before_the_interval_is_over()
    {
        await PutAll();
        Assert.Equal(TimeSpan.FromSeconds(15), await Sync());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(TimeSpan.FromSeconds(10), await Sync());
        Assert.Equal(2, _asked.Count);

        _fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(15), await Sync());
        Assert.Equal(4, _asked.Count);
    }

    [Fact]
    public async Task A_change_by_a_user_is_looked_at_within_a_second()
    {
        await PutAll();
        await Sync();
        await Change(autoscaler => autoscaler["spec"]!["maxReplicas"] = 1);

        Assert.Equal(TimeSpan.FromSeconds(1), await Sync());
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await Sync();
        Assert.Equal(1, Target().Spec.Replicas);
    }

    [Fact]
    public async Task All_nodes_of_its_pods_are_asked_at_once_and_no_others()
    {
        await PutAll();
        var answer = new TaskCompletionSource<NodeUsage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _world.UsageOf = node =>
        {
            _asked.Enqueue(node);
            return answer.Task;
        };

        var looking = Sync();
        Assert.Equal(["n1", "n2"], _asked.Order());
        answer.SetResult(null);
        await looking;
    }

    [Fact]
    public async Task Nobody_is_asked_where_usage_decides_nothing()
    {
        await PutAll();
        await Change(autoscaler => autoscaler["spec"]!["maxReplicas"] = 1);

        await Sync();
        Assert.Empty(_asked);
        Assert.Equal(1, Target().Spec.Replicas);
    }

    [Fact]
    public async Task More_load_raises_the_target_and_says_so()
    {
        await PutAll();
        _milli = 100;
        await Sync();

        var target = Target();
        Assert.Equal((4, 2L), (target.Spec.Replicas, target.Metadata.Generation));
        var status = Autoscaler().Status!;
        Assert.Equal((2, 4), (status.CurrentReplicas, status.DesiredReplicas));
        Assert.Equal(_fixture.Clock.GetUtcNow(), status.LastScaleTime);
        var told = Assert.Single(_world.Objects.List(Resources.Events, "default"));
        Assert.Equal(
            ("SuccessfulRescale", "New size: 4; reason: cpu resource utilization (percentage of request) above target"),
            (told.Reason, told.Message));
    }

    [Fact]
    public async Task A_size_is_the_autoscalers_once_it_has_set_it()
    {
        await PutAll();
        await _world.Objects.Update(Resources.ReplicaSets, "default", "web", set =>
        {
            set["metadata"]!["managedFields"] = JsonNode.Parse("""
                [{"manager":"me","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1",
                  "fieldsV1":{"f:spec":{"f:replicas":{},"f:selector":{}}}}]
                """);
            return set;
        }, default);
        _milli = 100;
        await Sync();

        var stored = _world.Objects.Store.Get(Resources.ReplicaSets.KeyOf("default", "web"))!.Value;
        Assert.Equal(
            [
                """me Apply  {"f:spec":{"f:selector":{}}}""",
                """kube-controller-manager Update scale {"f:spec":{"f:replicas":{}}}""",
            ],
            ObjectBytes.Read(stored)["metadata"]!["managedFields"]!.AsArray().Select(entry =>
                $"{entry!["manager"]} {entry["operation"]} {entry["subresource"]} "
                + entry["fieldsV1"]!.ToJsonString()));
    }

    [Fact]
    public async Task A_size_that_somebody_sets_meanwhile_is_kept_and_judged_again()
    {
        await PutAll();
        _milli = 100;
        _world.UsageOf = async node =>
        {
            await _world.Objects.Update(Resources.ReplicaSets, "default", "web", set =>
            {
                set["spec"]!["replicas"] = 3;
                return set;
            }, default);
            return Usage(node);
        };

        Assert.Equal(TimeSpan.FromSeconds(1), await Sync());
        Assert.Equal(3, Target().Spec.Replicas);
        Assert.Null(Autoscaler().Status);
    }

    [Fact]
    public async Task Pods_that_a_node_makes_up_or_that_are_gone_do_not_count()
    {
        await PutAll();
        _world.UsageOf = node => Task.FromResult<NodeUsage?>(Usage(node)! with
        {
            Pods = [.. Usage(node)!.Pods!.Select(pod => pod with { Uid = "another" })],
        });

        await Sync();
        var active = Autoscaler().Status!.Conditions!.First(condition => condition.Type == "ScalingActive");
        Assert.Equal(("False", "FailedGetResourceMetric"), (active.Status, active.Reason));
    }

    [Fact]
    public async Task A_deleted_autoscaler_is_forgotten()
    {
        await PutAll();
        await Sync();
        Assert.Equal([Key], _world.Autoscalers.Sources[0].KeysOfDeleted!());

        await _fixture.Delete(Resources.HorizontalPodAutoscalers.KeyOf("default", "web"));
        Assert.Null(await Sync());
        Assert.Empty(_world.Autoscalers.Sources[0].KeysOfDeleted!());
    }

    private Task<TimeSpan?> Sync() => _world.Autoscalers.Sync(Key, default);

    private HorizontalPodAutoscaler Autoscaler() =>
        _world.Objects.Get(Resources.HorizontalPodAutoscalers, "default", "web")!;

    private ReplicaSet Target() => _world.Objects.Get(Resources.ReplicaSets, "default", "web")!;

    private Task<UpdateOutcome> Change(Action<JsonObject> change) => _world.Objects.Update(
        Resources.HorizontalPodAutoscalers, "default", "web", tree =>
        {
            change(tree);
            return tree;
        }, default);

    private NodeUsage? Usage(string node) => new()
    {
        Timestamp = _fixture.Clock.GetUtcNow(),
        Pods =
        [
            new PodUsage
            {
                Uid = $"uid-{node}", Namespace = "default", Name = $"web-{node}", WindowMilliseconds = 15_000,
                Containers = new Dictionary<string, ResourceUsage>
                {
                    ["main"] = new() { CpuNanocores = _milli * 1_000_000 },
                },
            },
        ],
    };

    private async Task PutAll()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "default"), """{"metadata":{"name":"default"}}""");
        await _fixture.Put(Resources.HorizontalPodAutoscalers.KeyOf("default", "web"), """
            {
              "apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
              "metadata":{"name":"web","namespace":"default","uid":"h"},
              "spec":{
                "scaleTargetRef":{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web"},"maxReplicas":9,
                "metrics":[
                  {"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":50}}}]
              }
            }
            """);
        await _fixture.Put(Resources.ReplicaSets.KeyOf("default", "web"), """
            {"metadata":{"name":"web","namespace":"default","uid":"s","generation":1},"spec":{"replicas":2}}
            """);
        foreach (var node in (string[])["n1", "n2"])
        {
            await _fixture.Put(Resources.Pods.KeyOf("default", $"web-{node}"), $$"""
                {
                  "metadata":{
                    "name":"web-{{node}}","namespace":"default","uid":"uid-{{node}}",
                    "ownerReferences":[
                      {"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"s","controller":true}]
                  },
                  "spec":{
                    "nodeName":"{{node}}",
                    "containers":[{"name":"main","resources":{"requests":{"cpu":"100m"} } }]
                  },
                  "status":{
                    "phase":"Running","startTime":"2025-12-31T00:00:00Z",
                    "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2025-12-31T00:00:00Z"}]
                  }
                }
                """);
        }

        await _fixture.Put(Resources.Pods.KeyOf("default", "other"), """
            {"metadata":{"name":"other","namespace":"default","uid":"o"},"spec":{"nodeName":"n3","containers":[]}}
            """);
        _world.Prime();
    }
}
