using System.Text.Json;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>
/// One seed: a server that wants things, a node where things break, and an agent in between that may die at any step.
/// </summary>
internal sealed class SimRun : IAsyncDisposable
{
    private const int Steps = 60;

    /// <summary>More rounds than this at one moment is an agent that heats the device for nothing.</summary>
    private const int RoundsMax = 60;

    private readonly FakeClock _clock = new();
    private readonly Random _random;
    private readonly SimFaults _faults;
    private readonly string _dataDir = MemoryDirectory.Create("edge-sim-");
    private readonly Dictionary<string, PodReport> _reported = [];
    private readonly SimWorld _world;
    private readonly SimSafety _safety;
    private SimAgent _agent;
    private DateTimeOffset? _lastAnswer;
    private bool _serverUp = true;
    private int _pods;

    public SimRun(int seed, Func<FakeClock, Random, SimFaults, List<string>, SimWorld>? node = null)
    {
        _random = new Random(seed);
        _faults = new SimFaults(_random);
        _world = (node ?? ((clock, random, faults, trace) => new SimWorld(clock, random, faults, trace)))(
            _clock, _random, _faults, Trace);
        _safety = new SimSafety(_world, Desired, Fenced);
        _world.Safety = _safety;
        _agent = Begin();
        Want("node", new NodeSettings { PodCIDR = "10.64.0.0/24" }, ModelJson.Default.NodeSettings);
    }

    public List<string> Trace { get; } = [];

    /// <summary>Throws <see cref="SimViolation"/> for the first property that does not hold.</summary>
    public async Task Go()
    {
        for (var step = 0; step < Steps; step++)
        {
            await Act();
            await Work();
        }

        _faults.On = false;
        _faults.RegistryDown = false;
        _serverUp = true;
        Want("configmaps/default/settings", new ConfigMap(), ModelJson.Default.ConfigMap);
        await Settle(TimeSpan.FromMinutes(60));
        Check();

        Trace.Add("the server and the registry are gone, the node reboots");
        _serverUp = false;
        _faults.RegistryDown = true;
        await Reboot();
        await Settle(TimeSpan.FromMinutes(60));
        Check();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        Directory.Delete(_dataDir, recursive: true);
    }

    private SimAgent Begin()
    {
        var agent = new SimAgent(_world, _dataDir, _clock, SinceAnswered, Take);
        _safety.Record = uid => agent.Ledger.Pods.GetValueOrDefault(uid);
        _reported.Clear();
        return agent;
    }

    private TimeSpan? SinceAnswered()
    {
        _lastAnswer = _serverUp ? _clock.GetUtcNow() : _lastAnswer;
        return _clock.GetUtcNow() - _lastAnswer;
    }

    private bool Fenced(Pod? pod) => new RoundSurroundings(
        _clock, () => new NodeFacts("", "", 0, 0, 0), SinceAnswered, (_, _) => { }).IsFenced(pod);

    private void Take(string uid, PodReport? report)
    {
        if (report is null)
        {
            _reported.Remove(uid);
            return;
        }

        _safety.Reported(uid, report);
        _reported[uid] = report;
    }

    private Pod? Desired(string uid) => _agent.Ledger.Desired.TryGetValue($"pods/{uid}", out var bytes)
        ? JsonSerializer.Deserialize(bytes, ModelJson.Default.Pod)
        : null;

    private List<Pod> DesiredPods() => _agent.Ledger.Desired.Keys
        .Where(key => key.StartsWith("pods/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(key => Desired(key["pods/".Length..])!).ToList();

    private void Want<T>(string key, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        _agent.Ledger.Apply([KeyValuePair.Create(key, JsonSerializer.SerializeToUtf8Bytes(value, type))], []);

    private void Want(Pod pod) => Want($"pods/{pod.Metadata.Uid}", pod, ModelJson.Default.Pod);

    private async Task Act()
    {
        switch (_random.Next(16))
        {
            case 0 or 1 or 2 or 3:
                await Pass(TimeSpan.FromSeconds(_random.Next(1, 90)));
                break;
            case 4 when _world.Running.Any():
                var running = _world.Running.ToList();
                _world.End(running[_random.Next(running.Count)], 1 + _random.Next(2));
                break;
            case 5:
                await Restart();
                break;
            case 6 when _random.Next(3) == 0:
                await Reboot();
                break;
            case 7:
                _serverUp = !_serverUp;
                _agent.WakeAll();
                Trace.Add($"server {(_serverUp ? "answers" : "is gone")}");
                break;
            case 8:
                _faults.RegistryDown = !_faults.RegistryDown;
                break;
            case > 8 when _serverUp:
                Ask();
                break;
        }
    }

    /// <summary>The server wants something else.</summary>
    private void Ask()
    {
        var pods = DesiredPods();
        var what = pods.Count < 2 ? 0 : _random.Next(7);
        var pod = pods.Count > 0 ? pods[_random.Next(pods.Count)] : null;
        Trace.Add($"server asks {what} {pod?.Metadata.Uid}");
        switch (what)
        {
            case 0 or 1 or 2:
                Want(SimScript.NewPod(_random, ++_pods));
                break;
            case 3 or 4 when pod!.Metadata.DeletionTimestamp is null:
                Want(SimScript.WithImage(pod, _random.Next(1, 4)));
                break;
            case 5:
                Want(pod! with { Metadata = pod.Metadata with
                {
                    DeletionTimestamp = _clock.GetUtcNow(),
                    DeletionGracePeriodSeconds = pod.Spec.TerminationGracePeriodSeconds,
                } });
                break;
            case 6 when _random.Next(2) == 0:
                _agent.Ledger.Apply([], [$"pods/{pod!.Metadata.Uid}"]);
                break;
            case 6:
                Want("configmaps/default/settings", new ConfigMap
                {
                    Data = new Dictionary<string, string> { ["k"] = $"{_random.Next(3)}" },
                }, ModelJson.Default.ConfigMap);
                break;
        }
    }

    /// <summary>Rounds until nothing is due at this moment; a crash begins the next life of the agent.</summary>
    private async Task Work()
    {
        for (var round = 0; round < RoundsMax; round++)
        {
            try
            {
                if (!await _agent.Round() && !Answer())
                {
                    return;
                }
            }
            catch (SimCrash)
            {
                await Restart();
            }
        }

        throw new SimViolation("the agent finds no rest");
    }

    /// <summary>The server drops a deleted pod once nothing of it is left on the node.</summary>
    private bool Answer()
    {
        var gone = _reported.Where(pair => pair.Value.Removed && Desired(pair.Key) is not null)
            .Select(pair => $"pods/{pair.Key}").ToList();
        if (!_serverUp || gone.Count == 0)
        {
            return false;
        }

        _agent.Ledger.Apply([], gone);
        return true;
    }

    private async Task Restart()
    {
        Trace.Add("agent restarts");
        await _agent.DisposeAsync();
        _agent = Begin();
    }

    private async Task Reboot()
    {
        _world.Reboot();
        _lastAnswer = null;
        await Restart();
    }

    /// <summary>Time passes from one thing that is due to the next.</summary>
    private async Task Pass(TimeSpan span)
    {
        var end = _clock.GetUtcNow() + span;
        while (_clock.GetUtcNow() < end)
        {
            var next = _world.Running.Select(container => container.EndsAt).Append(_agent.WakeAt).Append(end)
                .Where(at => at > _clock.GetUtcNow()).Min()!.Value;
            _clock.Advance((next < end ? next : end) - _clock.GetUtcNow());
            _world.EndDue();
            await Work();
        }
    }

    private async Task Settle(TimeSpan span)
    {
        _agent.WakeAll();
        await Work();
        await Pass(span);
    }

    /// <summary>Nothing breaks any more and time has passed: all is as it should be.</summary>
    private void Check() => SimSettled.Check(
        _world, DesiredPods(), _agent.Ledger.Pods, _reported, pod => Fenced(pod));
}
