using System.Text.Json.Nodes;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Tests.Server.Control;

/// <summary>
/// What must hold for StatefulSets and DaemonSets whatever happens: pods start, fail and are deleted, nodes leave and
/// come back, templates and sizes change. Each seed is one such history.
/// </summary>
public sealed class SetPropertyTests
{
    private const int Steps = 400;

    private static readonly string[] s_nodes = ["n0", "n1", "n2", "n3"];

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_number_runs_once_and_an_update_takes_no_more_than_it_may(int seed)
    {
        var ordered = seed % 2 == 0;
        var several = seed % 4 >= 2;
        await using var run = await Run.Of(seed, $$$"""
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: web}
            spec:
              replicas: 3
              podManagementPolicy: {{{(ordered ? "OrderedReady" : "Parallel")}}}
              updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: {{{(several ? 2 : 1)}}} } }
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:0"}]}
            """);
        for (var step = 0; step < Steps; step++)
        {
            await run.Disturb(Resources.StatefulSets, grows: true);
            var state = run.World.StatefulSets.Read("default/web")!;
            var replicas = state.Replicas;
            var before = run.Fleet.Pods;
            await run.World.StatefulSets.Sync("default/web", default);
            var after = run.Fleet.Pods;

            foreach (var made in after.Where(pod => before.All(old => old.Uid != pod.Uid)))
            {
                Assert.DoesNotContain(run.Fleet.Running.Values, running => running.Pod == made.Name);
                var ordinal = int.Parse(made.Name[4..]);
                Assert.All(
                    Enumerable.Range(0, ordered ? ordinal : 0),
                    lower => Assert.True(
                        before.FirstOrDefault(Named(lower)) is { } pod
                            && (IsWell(pod) || (state.IsRolloutUnderWay && run.Fleet.IsAway(pod.NodeName))),
                        $"{made.Name} came before web-{lower} was well, seed {seed}, step {step}"));
            }

            var taken = before.Where(old => !old.IsDeleting && !old.IsFinished && int.Parse(old.Name[4..]) < replicas
                && after.FirstOrDefault(pod => pod.Uid == old.Uid) is null or { IsDeleting: true }).ToList();
            Assert.DoesNotContain(taken, pod => run.Fleet.IsAway(pod.NodeName));
            if (ordered || several)
            {
                var down = Enumerable.Range(0, replicas).Select(ordinal => before.FirstOrDefault(Named(ordinal)))
                    .Count(pod => pod is null || (!IsWell(pod) && !run.Fleet.IsAway(pod.NodeName)));
                Assert.True(
                    taken.Count == 0 || taken.Count(IsWell) + down <= (several ? 2 : 1),
                    $"{taken.Count} taken, {down} down, seed {seed}, step {step}");
            }
        }

        await run.Rest(() => run.World.StatefulSets.Sync("default/web", default));
        var last = run.World.Objects.Get(Resources.StatefulSets, "default", "web")!;
        var count = last.Spec.Replicas!.Value;
        Assert.Equal(count, run.Fleet.Pods.Count);
        Assert.Equal(
            (count, last.Status!.UpdateRevision), (last.Status.ReadyReplicas ?? 0, last.Status.CurrentRevision));
        Assert.All(
            run.Fleet.Pods, pod => Assert.Equal(last.Status.UpdateRevision, pod.Labels[TemplateRevision.Label]));

        bool IsWell(PodView pod) =>
            pod is { IsRunningReady: true, IsDeleting: false } && !run.Fleet.IsAway(pod.NodeName);

        static Func<PodView, bool> Named(int ordinal) => pod => pod.Name == $"web-{ordinal}";
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task A_node_has_one_pod_and_an_update_takes_no_more_than_it_may(int seed)
    {
        var (surge, unavailable) = (seed % 3, seed % 3 == 0 ? 1 + (seed % 2) : 0);
        await using var run = await Run.Of(seed, $$$"""
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: web}
            spec:
              updateStrategy:
                type: RollingUpdate
                rollingUpdate: {maxSurge: {{{surge}}}, maxUnavailable: {{{unavailable}}} }
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "nginx:0"}]}
            """);
        for (var step = 0; step < Steps; step++)
        {
            await run.Disturb(Resources.DaemonSets, grows: false);
            var before = run.Fleet.Pods;
            await run.World.DaemonSets.Sync("default/web", default);
            var after = run.Fleet.Pods;

            var doubled = 0;
            foreach (var node in s_nodes)
            {
                var there = after.Where(pod => pod.TargetNode == node && !pod.IsFinished).ToList();
                Assert.True(there.Count <= (surge > 0 ? 2 : 1), $"{there.Count} on {node}, seed {seed}, step {step}");
                doubled += there.Count(pod => !pod.IsDeleting) > 1 ? 1 : 0;
                Assert.True(
                    run.Fleet.Running.Values.Count(running => running.Node == node) <= (surge > 0 ? 2 : 1),
                    $"two run on {node}, seed {seed}, step {step}");
            }

            var taken = before.Where(old => !old.IsDeleting && !old.IsFinished
                && after.FirstOrDefault(pod => pod.Uid == old.Uid) is null or { IsDeleting: true }).ToList();
            Assert.DoesNotContain(taken, pod => run.Fleet.IsAway(pod.TargetNode!));
            var served = Served(before);
            Assert.True(
                taken.Count == 0 || served == Served(after) || s_nodes.Count(IsNear) - Served(after) <= unavailable,
                $"{served} nodes were served, {Served(after)} are, seed {seed}, step {step}");
        }

        await run.Rest(() => run.World.DaemonSets.Sync("default/web", default));
        var last = run.World.Objects.Get(Resources.DaemonSets, "default", "web")!.Status!;
        Assert.Equal((4, 4, 4, 4), (
            last.DesiredNumberScheduled, last.UpdatedNumberScheduled, last.NumberAvailable, run.Fleet.Pods.Count));

        bool IsNear(string node) => !run.Fleet.IsAway(node);

        int Served(IReadOnlyList<PodView> pods) => pods
            .Where(pod => pod is { IsRunningReady: true, IsDeleting: false } && IsNear(pod.NodeName))
            .Select(pod => pod.NodeName).Distinct().Count();
    }

    /// <summary>One history.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly ControlCase _case;
        private readonly Random _random;
        private int _image;

        private Run(ControlCase made, Random random)
        {
            (_case, _random) = (made, random);
            Fleet = new SimFleet(made.World);
        }

        public ControlWorld World => _case.World;

        public SimFleet Fleet { get; }

        public static async Task<Run> Of(int seed, string manifest)
        {
            var run = new Run(await ControlCase.Empty(), new Random(seed));
            foreach (var node in s_nodes)
            {
                await run.Fleet.AddNode(node);
            }

            await run._case.Apply(manifest);
            return run;
        }

        public ValueTask DisposeAsync() => _case.DisposeAsync();

        public async Task Disturb<T>(ResourceKind<T> kind, bool grows)
            where T : class
        {
            World.Clock.Advance(TimeSpan.FromSeconds(_random.Next(5)));
            var node = s_nodes[_random.Next(s_nodes.Length)];
            var pods = Fleet.Pods;
            switch (_random.Next(24))
            {
                case 0:
                    await Fleet.Leave(node);
                    break;
                case 1 or 2:
                    await Fleet.Return(node);
                    break;
                case 3:
                    _image++;
                    await Change(kind, spec => spec["template"]!["spec"]!["containers"]![0]!["image"] =
                        $"nginx:{_image % 3}");
                    break;
                case 4 when grows:
                    await Change(kind, spec => spec["replicas"] = _random.Next(6));
                    break;
                case 5 when pods.Count > 0:
                    var doomed = pods[_random.Next(pods.Count)];
                    await World.Objects.RequestDelete(
                        Resources.Pods, "default", doomed.Name, doomed.Uid, graceSeconds: null, default);
                    break;
                case var other when pods.Count > 0:
                    await Fleet.Act(pods[_random.Next(pods.Count)], Place, fail: other == 6);
                    break;
            }
        }

        /// <summary>All nodes are back and nothing happens any more.</summary>
        public async Task Rest(Func<Task> sync)
        {
            foreach (var node in s_nodes)
            {
                await Fleet.Return(node);
            }

            await Fleet.Settle(sync, Place);
            World.Clock.Advance(TimeSpan.FromMinutes(20));
            await Fleet.Settle(sync, Place);
        }

        private string Place() => s_nodes[_random.Next(s_nodes.Length)];

        private Task<UpdateOutcome> Change<T>(ResourceKind<T> kind, Action<JsonObject> change)
            where T : class =>
            World.Objects.Update(kind, "default", "web", tree =>
            {
                change(tree["spec"]!.AsObject());
                tree["metadata"]!["generation"] = tree["metadata"]!["generation"]!.GetValue<long>() + 1;
                return tree;
            }, default);
    }
}
