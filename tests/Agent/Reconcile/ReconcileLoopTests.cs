using System.Collections.Concurrent;
using System.Text.Json;
using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Probes;
using Edge.Proto.Model;
using Edge.Tests.Agent.Reconcile.Simulation;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Reconcile;

/// <summary>
/// That the loop misses nothing which happens beside it. The clock stands: nothing is found by looking later.
/// </summary>
public sealed class ReconcileLoopTests : IAsyncLifetime
{
    /// <summary>The end of a run races with the loop that looks for it; often enough to be seen.</summary>
    private const int Pods = 300;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly NodeFacts Facts = new("sim", "192.0.2.1", 4000, 1 << 30, 1 << 30);

    private readonly string _directory = Directory.CreateTempSubdirectory("edge-loop-").FullName;
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string?> _phases = [];
    private readonly SemaphoreSlim _reported = new(0);
    private readonly EndingNode _world;
    private readonly NodeLedger _ledger;
    private readonly ImagePulls _pulls;
    private readonly ProbeSet _probes;
    private readonly ReconcileLoop _loop;
    private Task _running = Task.CompletedTask;

    public ReconcileLoopTests()
    {
        var log = NullLogger.Instance;
        _world = new EndingNode(_clock, uid => _loop!.Wake(uid));
        _ledger = NodeLedger.Open(_directory, log);
        _pulls = new ImagePulls(_world, uid => _loop!.Wake(uid), _clock, _stop.Token);
        _probes = new ProbeSet(new ProbeClient(_world, _clock), _ => { }, _ => { }, _clock);
        var images = new ImageSteps(_world, _pulls, _ => { }, _clock);
        var around = new RoundSurroundings(_clock, () => Facts, () => TimeSpan.Zero, Report);
        var runner = new PodRunner(_world, _ledger, images, _ => { }, _clock, log);
        var rounds = new PodRounds(_ledger, runner, images, _probes, around, log);
        _loop = new ReconcileLoop(_world, _ledger, rounds, _clock, log);
    }

    public Task InitializeAsync()
    {
        _running = _loop.Run(_stop.Token);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task The_end_of_every_run_is_found_at_once()
    {
        for (var number = 0; number < Pods; number++)
        {
            var uid = Want(number);
            await Until(uid, "Running");
        }
    }

    [Fact]
    public async Task A_container_that_ends_while_the_loop_looks_is_found_at_once()
    {
        var uid = Want(1);
        await Until(uid, "Running");

        _world.EndsWhileLookedAt = uid;
        _loop.Wake(uid);

        await Until(uid, "Failed");
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _pulls.DisposeAsync();
        await _probes.DisposeAsync();
        _ledger.Dispose();
        Directory.Delete(_directory, recursive: true);
        _reported.Dispose();
        _stop.Dispose();
    }

    private string Want(int number)
    {
        var uid = $"serve-{number}";
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Uid = uid, Name = uid, Namespace = "default" },
            Spec = new PodSpec
            {
                Containers = [new Container { Name = "main", Image = "example/app:1" }],
                RestartPolicy = "Never",
            },
        };
        var bytes = JsonSerializer.SerializeToUtf8Bytes(pod, ModelJson.Default.Pod);
        _ledger.Apply([KeyValuePair.Create($"pods/{uid}", bytes)], []);
        _loop.DesiredChanged();
        return uid;
    }

    private void Report(string uid, PodReport? report)
    {
        _phases[uid] = report?.Status?.Phase;
        _reported.Release();
    }

    private async Task Until(string uid, string phase)
    {
        while (_phases.GetValueOrDefault(uid) != phase)
        {
            Assert.True(await _reported.WaitAsync(Patience), $"{uid} is {_phases.GetValueOrDefault(uid)}, not {phase}");
        }
    }

    /// <summary>A node whose container may end just after the loop has looked, and says so at once.</summary>
    private sealed class EndingNode(FakeClock clock, Action<string> hint)
        : SimWorld(clock, new Random(1), new SimFaults(new Random(1)) { On = false }, [])
    {
        public string? EndsWhileLookedAt { get; set; }

        public override async Task<NodeSight> Observe(CancellationToken cancellation)
        {
            var sight = await base.Observe(cancellation);
            if (EndsWhileLookedAt is { } uid)
            {
                EndsWhileLookedAt = null;
                End(Running.Single(candidate => candidate.Uid == uid), 1);
                hint(uid);
            }

            return sight;
        }
    }
}
