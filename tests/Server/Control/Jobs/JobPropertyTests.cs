using Edge.Proto.Model;
using Edge.Server.Control.Jobs;
using Edge.Server.Control.Workloads;

namespace Edge.Tests.Server.Control.Jobs;

/// <summary>
/// Any order of pods' ends, absent nodes, deletions, suspensions and stops of the server: never more pods than allowed,
/// every end counted once, and rest at last.
/// </summary>
public sealed class JobPropertyTests
{
    private const int Seeds = 25;
    private const int Steps = 60;
    private const int Parallelism = 3;

    private static readonly string[] s_nodes = ["n1", "n2"];

    [Fact]
    public async Task Counts_are_exact_in_any_order_of_events()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            try
            {
                await using var life = await Life.Begin(seed);
                await life.Run();
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"seed {seed}: {fault.Message}", fault);
            }
        }
    }

    private sealed class Life(JobWorld world, Random random, bool indexed) : IAsyncDisposable
    {
        private readonly HashSet<string> _absent = [];

        /// <summary>How pods ended in truth, by UID; their nodes may not have said so yet.</summary>
        private readonly Dictionary<string, string> _truth = [];

        /// <summary>Every pod ever seen with the finalizer, by UID.</summary>
        private readonly Dictionary<string, Pod> _tracked = [];

        /// <summary>Pods that were let go uncounted.</summary>
        private readonly HashSet<string> _dropped = [];

        /// <summary>Pods that somebody deleted.</summary>
        private readonly HashSet<string> _deleted = [];

        public static async Task<Life> Begin(int seed)
        {
            var random = new Random(seed);
            var world = await JobWorld.Start();
            var indexed = random.Next(2) == 0;
            foreach (var node in s_nodes)
            {
                await world.Node(node, isThere: true);
            }

            await world.Create($$"""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: pi}
                spec:
                  parallelism: {{Parallelism}}
                  completions: 7
                  backoffLimit: 1000
                  completionMode: {{(indexed ? "Indexed" : "NonIndexed")}}
                  podReplacementPolicy: {{(random.Next(2) == 0 ? "Failed" : "TerminatingOrFailed")}}
                  template:
                    spec:
                      restartPolicy: Never
                      containers: [{name: pi, image: perl}]
                """);
            return new Life(world, random, indexed);
        }

        public ValueTask DisposeAsync() => world.DisposeAsync();

        public async Task Run()
        {
            for (var step = 0; step < Steps; step++)
            {
                await Step();
                Check();
            }

            await Rest();
        }

        private async Task Step()
        {
            var pods = world.Pods("pi");
            var pod = pods.Count == 0 ? null : pods[random.Next(pods.Count)];
            switch (random.Next(12))
            {
                case 0 when pod is not null:
                    _deleted.Add(pod.Metadata.Uid!);
                    await world.Delete(pod);
                    break;
                case 1:
                    var node = s_nodes[random.Next(s_nodes.Length)];
                    _ = _absent.Remove(node) || _absent.Add(node);
                    await world.Node(node, !_absent.Contains(node));
                    break;
                case 2:
                    var suspend = random.Next(3) == 0;
                    await world.Edit("pi", spec => spec["suspend"] = suspend);
                    break;
                case 3:
                    await world.Restart();
                    break;
                case 4:
                    await Stop();
                    break;
                case 5:
                    world.Clock.Advance(TimeSpan.FromSeconds(random.Next(120)));
                    break;
                case 6 or 7 when pod is not null:
                    EndInTruth(pod);
                    break;
                case 8 or 9:
                    await Report();
                    break;
                default:
                    await Look();
                    break;
            }
        }

        private async Task Look()
        {
            Note();
            var plan = JobPlan.Of(world.Control.Jobs.Read("default/pi")!, world.Clock.GetUtcNow());
            _dropped.UnionWith(plan.Scale.Drop.Where(pod => pod.IsTracked).Select(pod => pod.Uid));
            await world.Control.Jobs.Sync("default/pi", default);
            Note();
        }

        /// <summary>The server stops in the middle of what it does, before the status tells of it.</summary>
        private async Task Stop()
        {
            Note();
            var state = world.Control.Jobs.Read("default/pi")!;
            var plan = JobPlan.Of(state, world.Clock.GetUtcNow());
            var scale = plan.Scale with
            {
                Drop = [.. plan.Scale.Drop.Take(random.Next(3))],
                Create = [.. plan.Scale.Create.Take(random.Next(3))],
            };
            _dropped.UnionWith(scale.Drop.Where(pod => pod.IsTracked).Select(pod => pod.Uid));
            var writer = new JobWriter(world.Objects, world.Control.Pods, world.Control.Writer, world.Clock);
            await writer.Act(state, plan with { Scale = scale }, default);
            Note();
            await world.Restart();
        }

        private void EndInTruth(Pod pod)
        {
            if (!string.IsNullOrEmpty(pod.Spec.NodeName))
            {
                _truth.TryAdd(pod.Metadata.Uid!, random.Next(3) == 0 ? "Failed" : "Succeeded");
            }
        }

        /// <summary>Nodes within reach take pods, say how they ended, and that deleted ones are gone.</summary>
        private async Task Report()
        {
            foreach (var pod in world.Pods("pi"))
            {
                if (string.IsNullOrEmpty(pod.Spec.NodeName))
                {
                    if (pod.Metadata.DeletionTimestamp is null)
                    {
                        await world.Place(pod, s_nodes[random.Next(s_nodes.Length)]);
                    }

                    continue;
                }

                if (_absent.Contains(pod.Spec.NodeName))
                {
                    continue;
                }

                // Told once: what has ended does not end again.
                if (_truth.TryGetValue(pod.Metadata.Uid!, out var phase) && pod.Status?.Phase == "Running")
                {
                    await world.End(pod, phase, phase == "Failed" ? 1 : 0);
                }

                if (pod.Metadata.DeletionTimestamp is not null)
                {
                    await world.Delete(pod, grace: 0);
                }
            }
        }

        private void Note()
        {
            foreach (var pod in world.Pods("pi"))
            {
                if (pod.Metadata.Finalizers?.Contains(JobFinalizer.Name) == true)
                {
                    _tracked.TryAdd(pod.Metadata.Uid!, pod);
                }
            }
        }

        private void Check()
        {
            Note();
            var pods = world.Pods("pi");
            Assert.True(pods.Count(pod => pod.Metadata.DeletionTimestamp is null
                && pod.Status?.Phase is not ("Succeeded" or "Failed")) <= Parallelism);
            var waiting = pods.Count(pod => pod.Metadata.Finalizers?.Contains(JobFinalizer.Name) == true);
            var status = world.Job("pi").Status;
            var counted = (status?.Succeeded ?? 0) + (status?.Failed ?? 0);
            var released = _tracked.Count - _dropped.Count - waiting;

            // A pod that was deleted may still succeed beside the one that replaces it; its index counts once.
            Assert.InRange(counted, indexed ? released - _deleted.Count : released, released);
            if (indexed)
            {
                var done = IndexSet.Parse(status?.CompletedIndexes, 7);
                Assert.Equal(done.Count, status?.Succeeded ?? 0);
            }

            // Without a deletion nothing runs twice that succeeded.
            var ran = _truth.Where(end => end.Value == "Succeeded" && !_deleted.Contains(end.Key)
                && !_dropped.Contains(end.Key) && _tracked.ContainsKey(end.Key)).ToList();
            Assert.True(ran.Count <= 7);
        }

        private async Task Rest()
        {
            _absent.Clear();
            foreach (var node in s_nodes)
            {
                await world.Node(node, isThere: true);
            }

            await world.Edit("pi", spec => spec["suspend"] = false);
            for (var round = 0; round < 200 && JobState.IsOver(world.Job("pi")) is null; round++)
            {
                world.Pods("pi").ForEach(EndInTruth);
                await Report();
                await Look();
                Check();
                world.Clock.Advance(TimeSpan.FromMinutes(7));
            }

            Assert.Equal("Complete", JobState.IsOver(world.Job("pi"))?.Type);
            Assert.Equal(7, world.Job("pi").Status!.Succeeded);
            Assert.All(world.Pods("pi"), pod => Assert.Null(pod.Metadata.Finalizers));
        }
    }
}
