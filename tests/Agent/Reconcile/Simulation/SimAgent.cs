using Edge.Agent.Ledger;
using Edge.Agent.Reconcile;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Probes;
using Edge.Proto.Model;
using Edge.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Agent.Reconcile.Simulation;

/// <summary>
/// One life of the agent: the real ledger, rounds and runner over a simulated node. Rounds are made as the loop makes
/// them, one pod after the other, so that one seed gives one trace.
/// </summary>
internal sealed class SimAgent : IAsyncDisposable
{
    /// <summary>How soon the loop looks again when the runtime did not let it look.</summary>
    private static readonly TimeSpan ObserveRetry = TimeSpan.FromMilliseconds(250);

    private static readonly NodeFacts Facts = new("sim", "192.0.2.1", 4000, 1 << 30, 1 << 30);

    private readonly SimWorld _world;
    private readonly FakeClock _clock;
    private readonly SemaphoreSlim _pullEnded = new(0);
    private readonly ImagePulls _pulls;
    private readonly ProbeSet _probes;
    private readonly PodRounds _rounds;
    private DateTimeOffset? _retryAt;
    private bool _everyPod = true;

    public SimAgent(
        SimWorld world, string dataDir, FakeClock clock, Func<TimeSpan?> sinceAnswered,
        Action<string, PodReport?> report)
    {
        var log = NullLogger.Instance;
        _world = world;
        _clock = clock;
        Ledger = NodeLedger.Open(dataDir, log);
        _pulls = new ImagePulls(world, _ => _pullEnded.Release(), clock, CancellationToken.None);
        _probes = new ProbeSet(new ProbeClient(world, clock), _ => { }, _ => { }, clock);
        var images = new ImageSteps(world, _pulls, _ => { }, clock);
        var around = new RoundSurroundings(clock, () => Facts, sinceAnswered, report);
        var runner = new PodRunner(world, Ledger, images, _ => { }, clock, log);
        _rounds = new PodRounds(Ledger, runner, images, _probes, around, log);
    }

    public NodeLedger Ledger { get; }

    /// <summary>When time alone brings the next round.</summary>
    public DateTimeOffset? WakeAt => _rounds.Entries
        .Select(entry => _clock.GetUtcNow() + _rounds.DueIn(entry)).Append(_retryAt).Min();

    public void WakeAll() => _everyPod = true;

    /// <summary>One round of the loop; false when nothing was due.</summary>
    public async Task<bool> Round()
    {
        NodeSight sight;
        try
        {
            sight = await _world.Observe(CancellationToken.None);
            _retryAt = null;
        }
        catch (Edge.Agent.Runtime.RuntimeException)
        {
            _retryAt = _clock.GetUtcNow() + ObserveRetry;
            return false;
        }

        _rounds.Mark(_world.TakeHints(), _everyPod);
        _everyPod = false;
        _rounds.Refresh(Ledger.Desired, Ledger.Pods, sight);
        var worked = false;
        foreach (var entry in _rounds.Entries.OrderBy(entry => entry.Uid, StringComparer.Ordinal).ToList())
        {
            if (_rounds.IsDue(entry))
            {
                worked = true;
                await RunOne(entry, sight);
            }
        }

        _rounds.DropForgotten();
        return worked;
    }

    /// <summary>Also the end of a killed agent: the files are as the last commit left them.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pulls.DisposeAsync();
        await _probes.DisposeAsync();
        Ledger.Dispose();
        _pullEnded.Dispose();
    }

    private async Task RunOne(PodEntry entry, NodeSight sight)
    {
        if (_rounds.Decide(entry, sight) is not { } run)
        {
            return;
        }

        var before = Pulling(entry.Memory);
        var memory = await run.Go(CancellationToken.None);
        _rounds.Take(entry.Uid, memory);
        for (var begun = Pulling(memory) - before; begun > 0; begun--)
        {
            await _pullEnded.WaitAsync();
        }
    }

    private static int Pulling(PodMemory memory) =>
        memory.Containers.Values.Count(container => container.Pulling is not null);
}
