using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Control;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control;

/// <summary>DaemonSets over a real store, from their making to their end.</summary>
public sealed class DaemonSetTests : IAsyncLifetime
{
    private const string Key = "kube-system/fluentd-elasticsearch";

    /// <summary>As Kubernetes' documentation writes it (concepts/workloads/controllers/daemonset).</summary>
    private static readonly string _manifest = Documentation.Read("daemonset");

    private ControlCase _case = null!;
    private SimFleet _fleet = null!;

    private Objects Objects => _case.World.Objects;

    private DaemonSet Set => Objects.Get(Resources.DaemonSets, "kube-system", "fluentd-elasticsearch")!;

    private DaemonSetStatus Status => Set.Status!;

    public async Task InitializeAsync()
    {
        _case = await ControlCase.Empty();
        _fleet = new SimFleet(_case.World);
        for (var node = 0; node < 10; node++)
        {
            await _fleet.AddNode($"n{node}");
        }

        await _case.Apply("""
            apiVersion: v1
            kind: Namespace
            metadata:
              name: kube-system
            """);
        await _case.Apply(_manifest);
    }

    public async Task DisposeAsync() => await _case.DisposeAsync();

    [Fact]
    public async Task The_documentation_s_set_has_one_pod_on_each_node()
    {
        await Settle();
        Assert.Equal(
            Enumerable.Range(0, 10).Select(node => $"n{node}"), _fleet.Pods.Select(pod => pod.NodeName).Order());
        Assert.Equal((10, 10, 10, 10), (
            Status.DesiredNumberScheduled, Status.CurrentNumberScheduled, Status.NumberReady, Status.NumberAvailable));
        Assert.Equal((10, 0, null), (
            Status.UpdatedNumberScheduled, Status.NumberMisscheduled, Status.NumberUnavailable));

        var pod = Objects.List(Resources.Pods).First();
        var term = Assert.Single(
            pod.Spec.Affinity!.NodeAffinity!.RequiredDuringSchedulingIgnoredDuringExecution!.NodeSelectorTerms);
        Assert.Equal([pod.Spec.NodeName!], Assert.Single(term.MatchFields!).Values);
        Assert.Equal(
            "control-plane:NoSchedule master:NoSchedule not-ready:NoExecute unreachable:NoExecute "
            + "disk-pressure:NoSchedule memory-pressure:NoSchedule pid-pressure:NoSchedule unschedulable:NoSchedule",
            string.Join(' ', pod.Spec.Tolerations!.Select(one => $"{one.Key!.Split('/')[1]}:{one.Effect}")));
        Assert.StartsWith("fluentd-elasticsearch-", pod.Metadata.Name, StringComparison.Ordinal);
        Assert.Equal(
            $"fluentd-elasticsearch-{pod.Metadata.Labels![TemplateRevision.Label]}",
            Assert.Single(Objects.List(Resources.ControllerRevisions)).Metadata.Name);
    }

    [Fact]
    public async Task An_update_finishes_without_absent_nodes_and_for_them_when_they_are_back()
    {
        await Settle();
        var before = _fleet.Pods.ToDictionary(pod => pod.NodeName, pod => pod.Uid);
        foreach (var node in new[] { "n0", "n4", "n9" })
        {
            await _fleet.Leave(node);
        }

        await SetImage("fluentd:2");
        await Settle();
        Assert.Equal((10, 7, 7, 3), (
            Status.DesiredNumberScheduled, Status.UpdatedNumberScheduled, Status.NumberAvailable,
            Status.NumberUnavailable));
        Assert.Equal(
            ["n0", "n4", "n9"],
            _fleet.Pods.Where(pod => before[pod.NodeName] == pod.Uid && !pod.IsDeleting).Select(pod => pod.NodeName)
                .Order());

        foreach (var node in new[] { "n0", "n4", "n9" })
        {
            await _fleet.Return(node);
        }

        await Settle();
        Assert.Equal((10, 10, null), (
            Status.UpdatedNumberScheduled, Status.NumberAvailable, Status.NumberUnavailable));
    }

    [Fact]
    public async Task A_node_that_comes_back_is_told_and_one_that_only_reports_is_not()
    {
        await Settle();
        var source = _case.World.DaemonSets.Sources.Single(one => one.Prefix == Resources.Nodes.Prefix());
        Assert.Equal([Key], source.KeysIn(new FollowStep.Listed(Objects.Store.List(Resources.Nodes.Prefix()))));
        await Objects.Update(Resources.Nodes, null, "n1", tree =>
        {
            tree["status"]!["images"] = new JsonArray();
            return tree;
        }, default);
        Assert.Empty(Told(source));
        await _fleet.Leave("n1");
        Assert.Equal([Key], Told(source));
        Assert.Empty(Told(source));
        await _fleet.Return("n1");
        Assert.Equal([Key], Told(source));
    }

    [Fact]
    public async Task Nodes_that_come_and_go_get_and_lose_their_pod()
    {
        await Settle();
        await Objects.Delete(Resources.Nodes, null, "n3", null, default);
        await _fleet.AddNode("n10");
        await Settle();
        Assert.Contains("n10", _fleet.Pods.Select(pod => pod.NodeName));
        Assert.Equal(10, Status.DesiredNumberScheduled);
        Assert.Equal(11, _fleet.Pods.Count);
    }

    [Fact]
    public async Task A_pod_that_keeps_failing_is_made_again_ever_less_often()
    {
        await Settle();
        var made = 0;
        for (var second = 0; second < 100; second++)
        {
            await Sync();
            foreach (var pod in _fleet.Pods.Where(pod => pod.TargetNode == "n5"))
            {
                made += pod.Phase == "Pending" && pod.NodeName.Length == 0 ? 1 : 0;
                await _fleet.Act(pod, () => "", fail: true);
            }

            _case.World.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(made, 4, 8);
        Assert.Contains("FailedDaemonPod", Objects.List(Resources.Events).Select(told => told.Reason));
    }

    [Fact]
    public async Task An_update_that_surges_starts_the_new_pod_before_the_old_one_ends()
    {
        await Change(spec => spec["updateStrategy"] = new JsonObject
        {
            ["type"] = "RollingUpdate",
            ["rollingUpdate"] = new JsonObject { ["maxSurge"] = 2, ["maxUnavailable"] = 0 },
        });
        await Settle();
        await SetImage("fluentd:2");
        await _fleet.Settle(
            async () =>
            {
                await Sync();
                var pods = _fleet.Pods;
                Assert.True(pods.Count <= 12);
                Assert.Equal(10, pods.Where(pod => pod.IsReady && !pod.IsDeleting).Select(pod => pod.NodeName)
                    .Distinct().Count());
            },
            () => "");
        Assert.Equal(10, Status.UpdatedNumberScheduled);
        Assert.Equal(10, _fleet.Pods.Count);
    }

    private List<string> Told(WatchSource source)
    {
        var node = Objects.Store.Get(Resources.Nodes.KeyOf(null, "n1"))!.Value;
        return [.. source.KeysIn(new FollowStep.Changed(new Change(ChangeType.Put, node, node)))];
    }

    private Task Sync() => _case.World.DaemonSets.Sync(Key, default);

    private Task<int> Settle() => _fleet.Settle(Sync, () => "");

    private Task<UpdateOutcome> SetImage(string image) =>
        Change(spec => spec["template"]!["spec"]!["containers"]![0]!["image"] = image);

    private Task<UpdateOutcome> Change(Action<JsonObject> change) =>
        Objects.Update(Resources.DaemonSets, "kube-system", "fluentd-elasticsearch", tree =>
        {
            change(tree["spec"]!.AsObject());
            tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
            return tree;
        }, default);
}
