using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Probes;

/// <summary>
/// The probes of one attempt of one container. The start-up probe goes first; the others begin once it passed. What the
/// ledger knew before a restart of the agent stays true until a probe says otherwise.
/// </summary>
internal sealed class ContainerProbes(ProbeClient client, TimeProvider clock, ProbeTarget target) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _tasks = [];
    private readonly Lock _gate = new();
    private ProbeVerdict _verdict = ProbeVerdict.None;

    public required Action Changed { get; init; }

    public required Action<ProbeKind, string> Unhealthy { get; init; }

    public string ContainerId => target.Seen.Id;

    public ProbeVerdict Verdict => Volatile.Read(ref _verdict);

    public ContainerProbes Begin(bool wasReady, bool wasStarted)
    {
        _verdict = new ProbeVerdict(
            target.Container.ReadinessProbe is null ? null : wasReady,
            target.Container.StartupProbe is null ? null : wasStarted);
        _tasks.Add(RunAll(wasReady, wasStarted));
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_tasks);
        _stop.Dispose();
    }

    private async Task RunAll(bool wasReady, bool wasStarted)
    {
        try
        {
            var container = target.Container;
            if (container.StartupProbe is { } startup && !wasStarted
                && !await Watch(ProbeKind.Startup, startup, null))
            {
                return;
            }

            var readiness = container.ReadinessProbe is { } ready
                ? Watch(ProbeKind.Readiness, ready, wasReady ? true : null)
                : Task.FromResult(true);
            var liveness = container.LivenessProbe is { } alive
                ? Watch(ProbeKind.Liveness, alive, null)
                : Task.FromResult(true);
            await Task.WhenAll(readiness, liveness);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The container ended or the agent stops; its verdict is of no interest any more.
        }
    }

    /// <summary>
    /// Asks for ever; a start-up probe ends at its first verdict, a liveness probe once it has failed.
    /// </summary>
    private async Task<bool> Watch(ProbeKind kind, Probe probe, bool? passed)
    {
        var counter = ProbeCounter.For(probe, passed);
        var period = TimeSpan.FromSeconds(Math.Max(1, probe.PeriodSeconds ?? 10));
        await Delay(FirstWait(probe));
        while (true)
        {
            _stop.Token.ThrowIfCancellationRequested();
            var answer = await Ask(probe);
            if (!answer.Success)
            {
                Unhealthy(kind, answer.Message);
            }

            var before = counter.Passed;
            counter = counter.Add(answer.Success);
            if (counter.Passed is { } now && now != before)
            {
                Decide(kind, probe, now);
            }

            if (kind == ProbeKind.Startup && counter.Passed is { } started)
            {
                return started;
            }

            if (kind == ProbeKind.Liveness && counter.Passed == false)
            {
                return false;
            }

            await Delay(period);
        }
    }

    /// <summary>A question that cannot be asked is a failure too; else the probe would end unseen.</summary>
    private async Task<ProbeAnswer> Ask(Probe probe)
    {
        try
        {
            return await client.Ask(probe, target.Container, ContainerId, target.Ip, _stop.Token);
        }
        catch (Exception broken) when (broken is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            return new ProbeAnswer(false, broken.Message);
        }
    }

    private TimeSpan FirstWait(Probe probe)
    {
        var ran = clock.GetUtcNow() - (target.Seen.StartedAt ?? clock.GetUtcNow());
        var wait = TimeSpan.FromSeconds(Math.Max(0, probe.InitialDelaySeconds ?? 0)) - ran;
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private Task Delay(TimeSpan wait) => Task.Delay(wait, clock, _stop.Token);

    private void Decide(ProbeKind kind, Probe probe, bool passed)
    {
        lock (_gate)
        {
            var failure = passed
                ? _verdict.Failure
                : new ProbeFailure(kind.ToString().ToLowerInvariant(), "", probe.TerminationGracePeriodSeconds);
            _verdict = kind switch
            {
                ProbeKind.Startup => _verdict with { StartupDone = passed, Failure = failure },
                ProbeKind.Readiness => _verdict with { Ready = passed },
                ProbeKind.Liveness => _verdict with { Failure = failure },
            };
        }

        Changed();
    }
}
