using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control.Deployments;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Control;

/// <summary>Deployments and ReplicaSets over a real store, look by look; a node runs everything at once.</summary>
public sealed class DeploymentTests : IAsyncDisposable
{
    private const string Key = "default/web";

    private readonly StoreFixture _fixture = new();
    private readonly ControlWorld _world;

    public DeploymentTests() => _world = new ControlWorld(_fixture);

    private Deployment Deployment => _world.Objects.Get(Resources.Deployments, "default", "web")!;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Each_rollout_has_the_next_revision_and_an_undone_one_takes_its_old_set()
    {
        await Begin(replicas: 3);
        await Settle();
        Assert.Equal("1", Revision);

        await Image("web:2");
        await Settle();
        Assert.Equal("2", Revision);

        await Image("web:1");
        await Settle();
        Assert.Equal("3", Revision);
        Assert.Equal(2, _world.Objects.List(Resources.ReplicaSets).Count());
        Assert.Equal(["web:1"], Images());
    }

    [Fact]
    public async Task A_set_whose_name_is_taken_by_another_template_gets_another_name()
    {
        await Begin(replicas: 1);
        var wanted = _world.Deployments.Read(Key, _world.Clock.GetUtcNow())!.NewName;
        await _fixture.Put(Resources.ReplicaSets.KeyOf("default", wanted), $$$"""
            {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"{{{wanted}}}","namespace":"default",
            "uid":"other","labels":{"a":"b"}},"spec":{"replicas":0,"selector":{"matchLabels":{"a":"b"}},
            "template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[]} } } }
            """);
        await Settle();
        Assert.Equal(1, Deployment.Status?.CollisionCount);
        Assert.Equal(1, Deployment.Status?.AvailableReplicas);
    }

    [Fact]
    public async Task What_the_controllers_have_brought_to_rest_they_write_no_more()
    {
        await Begin(replicas: 5);
        await Settle();
        var revision = Newest();
        _world.Clock.Advance(TimeSpan.FromDays(1));
        await Look();
        Assert.Equal(revision, Newest());
    }

    private string? Revision => Deployment.Metadata.Annotations?[RevisionSet.RevisionAnnotation];

    /// <summary>Of all but Events, which go by themselves.</summary>
    private long Newest() =>
        _fixture.Store.List("/registry/").Items.Where(item => !StoreKeys.IsEvent(item.Key)).Max(item => item.Revision);

    private IEnumerable<string?> Images() =>
        _world.Objects.List(Resources.Pods).Where(pod => pod.Metadata.DeletionTimestamp is null)
            .Select(pod => pod.Spec.Containers[0].Image).Distinct();

    private async Task Begin(int replicas)
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "default"), """{"metadata":{"name":"default"}}""");
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """
            {"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}
            """);
        await _fixture.Put(Resources.Deployments.KeyOf("default", "web"), $$$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"default","uid":"d",
            "generation":1},"spec":{"replicas":{{{replicas}}},"selector":{"matchLabels":{"app":"web"} },
            "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1,"maxUnavailable":0} },
            "progressDeadlineSeconds":600,"template":{"metadata":{"labels":{"app":"web"} },
            "spec":{"containers":[{"name":"web","image":"web:1"}]} } } }
            """);
        _world.Prime();
    }

    private Task<UpdateOutcome> Image(string image) => _world.Objects.Update(
        Resources.Deployments, "default", "web", tree =>
        {
            tree["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image;
            tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            return tree;
        }, default);

    /// <summary>Looks until nothing changes any more; pods run and go at once.</summary>
    private async Task Settle()
    {
        long before;
        var rounds = 0;
        do
        {
            before = _fixture.Store.Revision;
            await Look();
            await RunPods();
            Assert.True(++rounds < 100, "it does not come to rest");
        }
        while (_fixture.Store.Revision != before);
    }

    private async Task Look()
    {
        await _world.Deployments.Sync(Key, default);
        foreach (var set in _world.Objects.List(Resources.ReplicaSets).ToList())
        {
            await _world.ReplicaSets.Sync($"default/{set.Metadata.Name}", default);
        }
    }

    private async Task RunPods()
    {
        foreach (var pod in _world.Objects.List(Resources.Pods).ToList())
        {
            var (ns, name) = (pod.Metadata.Namespace, pod.Metadata.Name!);
            if (pod.Metadata.DeletionTimestamp is not null)
            {
                await _world.Objects.Delete(Resources.Pods, ns, name, pod.Metadata.Uid, default);
                _world.Pods.Look(Resources.Pods.KeyOf(ns, name));
            }
            else if (string.IsNullOrEmpty(pod.Spec.NodeName))
            {
                await _world.Objects.Update(Resources.Pods, ns, name, Run, default);
            }
        }
    }

    private static JsonObject Run(JsonObject pod)
    {
        pod["spec"]!["nodeName"] = "n1";
        pod["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "Ready", ["status"] = "True", ["lastTransitionTime"] = "2025-12-31T00:00:00Z",
            }),
        };
        return pod;
    }
}
