using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Edge.Agent.Ledger;
using Edge.Agent.Network;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Probes;
using Edge.Agent.Reconcile;
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

    private readonly string _directory = MemoryDirectory.Create("edge-loop-");
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, string?> _phases = [];
    private readonly ConcurrentQueue<string?> _passing = [];
    private readonly SemaphoreSlim _reported = new(0);
    private readonly EndingNode _world;
    private readonly NodeLedger _ledger;
    private readonly ImagePulls _pulls;
    private readonly ProbeSet _probes;
    private readonly ReconcileLoop _loop;
    private Task _running = Task.CompletedTask;
    private TimeSpan _silence;
    private TimeSpan? _held;
    private bool _heldBack;

    public ReconcileLoopTests()
    {
        var log = NullLogger.Instance;
        _world = new EndingNode(_clock, uid => _loop!.Wake(uid));
        _ledger = NodeLedger.Open(_directory, log);
        _pulls = new ImagePulls(_world, uid => _loop!.Wake(uid), _clock, _stop.Token);
        _probes = new ProbeSet(new ProbeClient(_world, _clock), _ => { }, _ => { }, _clock);
        var images = new ImageSteps(_world, _pulls, _ => { }, _clock);
        var around = new RoundSurroundings(_clock, () => Facts, () => _silence, Report)
        {
            HeldFor = _ => _held,
            IsHeldBack = _ => _heldBack,
            ReportPassing = (uid, report) =>
            {
                _passing.Enqueue(report?.Status?.Phase);
                Report(uid, report);
            },
        };
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
    public async Task What_is_true_only_until_the_steps_are_done_is_reported_as_passing()
    {
        await Until(Want(1), "Running");

        Assert.Contains("Pending", _passing);
        Assert.DoesNotContain("Running", _passing);
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

    [Fact]
    public async Task Seconds_beyond_every_calendar_stop_no_pod()
    {
        var uid = Want(1, pod => pod with
        {
            Spec = pod.Spec with
            {
                TerminationGracePeriodSeconds = long.MaxValue,
                Tolerations = [new Toleration { Operator = "Exists", TolerationSeconds = long.MaxValue }],
            },
        });

        await Until(uid, "Running");
    }

    [Fact]
    public async Task A_pod_that_is_held_back_begins_once_it_is_not_and_what_runs_goes_on()
    {
        _heldBack = true;
        var uid = Want(1);
        await Until(uid, "Pending");
        await _world.Looked();
        Assert.Empty(_world.Containers);

        _heldBack = false;
        Want(2);
        await Until(uid, "Running");

        _heldBack = true;
        await Until(Want(3), "Pending");
        await _world.Looked();
        Assert.Contains(_world.Running, container => container.Uid == uid);
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_stops_no_other_pod()
    {
        _ledger.Apply([KeyValuePair.Create("pods/torn", "{"u8.ToArray())], []);
        _loop.DesiredChanged();

        await Until(Want(1), "Running");
        Assert.DoesNotContain("torn", _phases.Keys);
    }

    [Fact]
    public async Task A_pod_beyond_the_runs_at_once_is_reported_while_it_waits_and_then_runs()
    {
        const int More = 40;
        _world.Hold();
        var uids = Enumerable.Range(0, More).Select(number => Want(number)).ToList();
        foreach (var uid in uids)
        {
            await Until(uid, "Pending");
        }

        _world.LetGo();
        foreach (var uid in uids)
        {
            await Until(uid, "Running");
        }
    }

    [Fact]
    public async Task A_ConfigMap_that_comes_while_the_sandbox_is_made_is_mounted_at_once()
    {
        _world.Hold();
        var uid = Want(1, pod => pod with
        {
            Spec = pod.Spec with
            {
                Volumes = [new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "late" } }],
            },
        });
        await Until(uid, "Pending");
        _ledger.Apply([KeyValuePair.Create("configmaps/default/late", """{"data":{"a":"b"}}"""u8.ToArray())], []);
        _loop.DesiredChanged();
        await _world.Looked();
        _world.LetGo();

        await Until(uid, "Running");
    }

    [Fact]
    public async Task A_lease_that_ends_waits_for_no_run()
    {
        _world.Hold();
        var uid = Want(1, pod => pod with
        {
            Spec = pod.Spec with
            {
                Tolerations = [new Toleration { Operator = "Exists", TolerationSeconds = 60 }],
            },
        });
        await Until(uid, "Pending");
        await _world.Making.WaitAsync(Patience);
        _silence = TimeSpan.FromMinutes(10);
        _loop.WakeAll();

        await _world.Stopped.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_local_pod_runs_beside_the_servers_gives_way_to_one_of_its_name_and_comes_back()
    {
        const string mine = "serve-mine";
        var bytes = Bytes(mine, "serve-1", pod => pod with
        {
            Spec = pod.Spec with { TerminationGracePeriodSeconds = 0 },
        });
        _ledger.ApplyLocal([KeyValuePair.Create($"pods/{mine}", bytes)], []);
        _loop.DesiredChanged();
        await Until(mine, "Running");

        await Until(Want(1), "Running");
        await Until(mine, null);
        Assert.Contains($"pods/{mine}", _ledger.Local.Keys);

        _ledger.Apply([], ["pods/serve-1"]);
        _loop.DesiredChanged();
        await Until(mine, "Pending");
    }

    [Fact]
    public async Task A_pod_that_is_held_ends_and_runs_again_when_nobody_holds_it()
    {
        var uid = Want(1, pod => pod with { Spec = pod.Spec with { RestartPolicy = "Always" } });
        await Until(uid, "Running");
        var restarts = _ledger.Pods[uid].Of("main").RestartCount;

        _held = TimeSpan.MaxValue;
        _loop.WakeAll();
        await Until(() => !_ledger.Pods[uid].SandboxUp);

        _held = null;
        _loop.WakeAll();
        await Until(() => _ledger.Pods[uid] is { SandboxUp: true } again
            && again.Of("main") is { Started: true, Exit: null } main && main.RestartCount == restarts + 1);
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

    private string Want(int number, Func<Pod, Pod>? change = null)
    {
        var uid = $"serve-{number}";
        _ledger.Apply([KeyValuePair.Create($"pods/{uid}", Bytes(uid, uid, change))], []);
        _loop.DesiredChanged();
        return uid;
    }

    private static byte[] Bytes(string uid, string name, Func<Pod, Pod>? change)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Uid = uid, Name = name, Namespace = "default" },
            Spec = new PodSpec
            {
                Containers = [new Container { Name = "main", Image = "example/app:1" }],
                RestartPolicy = "Never",
            },
        };
        return JsonSerializer.SerializeToUtf8Bytes(change?.Invoke(pod) ?? pod, ModelJson.Default.Pod);
    }

    private void Report(string uid, PodReport? report)
    {
        _phases[uid] = report?.Status?.Phase;
        _reported.Release();
    }

    private static async Task Until(Func<bool> isSo)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!isSo())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, "it never comes to be");
            await Task.Yield();
        }
    }

    private async Task Until(string uid, string? phase)
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
        private readonly Channel<bool> _looks = Channel.CreateUnbounded<bool>();
        private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource _held = Released();

        private readonly TaskCompletionSource _making = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>A sandbox is in the making.</summary>
        public Task Making => _making.Task;

        /// <summary>It was given up.</summary>
        public Task Stopped => _stopped.Task;

        public string? EndsWhileLookedAt { get; set; }

        /// <summary>No sandbox is finished until <see cref="LetGo"/>.</summary>
        public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void LetGo() => _held.TrySetResult();

        /// <summary>
        /// The loop has looked at the node twice from now on: the first look may have begun before, and what follows it
        /// is done when the second begins.
        /// </summary>
        public async Task Looked()
        {
            while (_looks.Reader.TryRead(out _))
            {
            }

            for (var look = 0; look < 2; look++)
            {
                hint("nobody");
                await _looks.Reader.ReadAsync().AsTask().WaitAsync(Patience);
            }
        }

        public override async Task<SandboxResult> MakeSandbox(
            Pod pod, string? preferredIp, string? podCidr, CancellationToken cancellation)
        {
            _making.TrySetResult();
            try
            {
                await _held.Task.WaitAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                _stopped.TrySetResult();
                throw;
            }

            return await base.MakeSandbox(pod, preferredIp, podCidr, cancellation);
        }

        public override async Task<NodeSight> Observe(CancellationToken cancellation)
        {
            var sight = await base.Observe(cancellation);
            _looks.Writer.TryWrite(true);
            if (EndsWhileLookedAt is { } uid)
            {
                EndsWhileLookedAt = null;
                End(Running.Single(candidate => candidate.Uid == uid), 1);
                hint(uid);
            }

            return sight;
        }

        private static TaskCompletionSource Released()
        {
            var released = new TaskCompletionSource();
            released.SetResult();
            return released;
        }
    }
}
