using System.Threading.Channels;
using Edge.Agent.Ledger;
using Edge.Agent.Runtime;
using Edge.Proto;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The agent's one loop. It wakes on a desired change, a runtime event, a probe's verdict, an ended fetch or a time a
/// plan named; it observes, takes what it saw into the records, reports, plans, and lets each pod's steps run beside
/// the others'. One pod never has two runs at once. With nothing to do it sleeps until the slow resync.
/// </summary>
internal sealed class ReconcileLoop(
    IPodEdge edge, NodeLedger ledger, PodRounds rounds, TimeProvider clock, ILogger logger)
{
    /// <summary>Runs at once: starting a container is work for the processor, and small devices have few.</summary>
    private static readonly int RunsAtOnce = Math.Clamp(2 * System.Environment.ProcessorCount, 6, 16);

    /// <summary>Everything is looked at again this often, should a hint ever have been lost.</summary>
    private static readonly TimeSpan Resync = TimeSpan.FromMinutes(10);

    /// <summary>At boot the agent is often ready a moment before containerd is.</summary>
    private static readonly TimeSpan ObserveRetryFirst = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ObserveRetryMax = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Lock _gate = new();
    private readonly HashSet<string> _woken = [];
    private readonly Dictionary<string, (Task<PodMemory> Task, CancellationTokenSource Stop)> _running = [];

    /// <summary>Runs that wait for a place, oldest first.</summary>
    private readonly List<PodRun> _decided = [];

    private bool _everyPod = true;
    private long _lookedAtAll = clock.GetTimestamp();

    /// <summary>Told at each turn of the loop, and by it while it sleeps: a loop that hangs tells nothing.</summary>
    public ServiceNotice? Notice { get; init; }

    /// <summary>Hints that something about one pod changed. Never blocks; any thread.</summary>
    public void Wake(string uid)
    {
        lock (_gate)
        {
            _woken.Add(uid);
        }

        _wake.Writer.TryWrite(true);
    }

    /// <summary>Has the loop look at what is wanted; it finds by itself which pods changed.</summary>
    public void DesiredChanged() => _wake.Writer.TryWrite(true);

    public void WakeAll()
    {
        lock (_gate)
        {
            _everyPod = true;
        }

        _wake.Writer.TryWrite(true);
    }

    public async Task Run(CancellationToken cancellation)
    {
        var failures = 0;
        while (!cancellation.IsCancellationRequested)
        {
            failures = await Round(cancellation) ? 0 : failures + 1;
            // Also without a containerd: then there is nothing that a restart of this process would mend.
            Notice?.Ready();
            await Sleep(failures == 0 ? Next() : ObserveRetry(failures), cancellation);
            if (clock.GetElapsedTime(_lookedAtAll) >= Resync)
            {
                WakeAll();
            }
        }

        var running = new List<Task>(_running.Count);
        foreach (var (task, _) in _running.Values)
        {
            running.Add(task);
        }

        await Task.WhenAll(running);
    }

    /// <summary>One look at the node and one decision for each pod that something happened to.</summary>
    private async Task<bool> Round(CancellationToken cancellation)
    {
        // Ended runs are taken in before the look, so that the look shows what they did.
        await TakeEnded();
        // So are hints: one that comes after the look may tell of what the look did not see, and stays for the next.
        MarkWoken();
        // A place that became free waits for no look: a look takes as long as the slowest shim that is just starting.
        StartDecided(cancellation);
        NodeSight sight;
        try
        {
            sight = await edge.Observe(cancellation);
        }
        catch (Exception unseen) when (unseen is RuntimeException or IOException or UnauthorizedAccessException)
        {
            ReconcileLog.CannotObserve(logger, unseen.Message);
            return false;
        }

        rounds.Refresh(ledger.Wanted.Entries, ledger.Pods, sight);
        foreach (var entry in rounds.Entries)
        {
            if (_running.TryGetValue(entry.Uid, out var running))
            {
                if (rounds.HasLeaseMoved(entry))
                {
                    // Whatever it is at, its containers must go now.
                    await running.Stop.CancelAsync();
                }
            }
            else if (rounds.IsDue(entry))
            {
                _decided.RemoveAll(run => run.Uid == entry.Uid);
                if (rounds.Decide(entry, sight) is { } run)
                {
                    _decided.Insert(run.IsFenced ? 0 : _decided.Count, run);
                }
            }
        }

        StartDecided(cancellation);
        rounds.DropForgotten();
        return true;
    }

    /// <summary>
    /// As many as there are places; pods whose lease is over need none. What changed since its decision is decided on
    /// again.
    /// </summary>
    private void StartDecided(CancellationToken cancellation)
    {
        while (_decided.Count > 0 && (_running.Count < RunsAtOnce || _decided[0].IsFenced))
        {
            var run = _decided[0];
            _decided.RemoveAt(0);
            if (rounds.IsCurrent(run.Uid, ledger.Wanted.Entries))
            {
                Start(run.Uid, run, cancellation);
            }
        }
    }

    private void Start(string uid, PodRun run, CancellationToken cancellation)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = Owned(uid, run, stop.Token);
        _running[uid] = (running, stop);
        // After the run and not in it: the loop that wakes must find it ended, or nothing wakes it again.
        running.ContinueWith(
            _ => Wake(uid),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private async Task TakeEnded()
    {
        foreach (var uid in _running.Keys.Where(uid => _running[uid].Task.IsCompleted).ToList())
        {
            _running.Remove(uid, out var ended);
            ended.Stop.Dispose();
            rounds.Take(uid, await ended.Task);
        }
    }

    /// <summary>A run that broke costs its pod a pause, never the loop.</summary>
    private async Task<PodMemory> Owned(string uid, PodRun run, CancellationToken cancellation)
    {
        await Task.Yield();
        try
        {
            return await run.Go(cancellation);
        }
#pragma warning disable CA1031 // The edge of one pod's run: other pods go on.
        catch (Exception broken) when (broken is not OperationCanceledException)
#pragma warning restore CA1031
        {
            ReconcileLog.RunBroke(logger, uid, broken);
            return run.Broken(clock.GetUtcNow(), broken.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return run.Broken(clock.GetUtcNow(), "the agent stops, or the pod's lease is over");
        }
    }

    private void MarkWoken()
    {
        lock (_gate)
        {
            rounds.Mark(_woken, _everyPod);
            _lookedAtAll = _everyPod ? clock.GetTimestamp() : _lookedAtAll;
            _woken.Clear();
            _everyPod = false;
        }
    }

    private static TimeSpan ObserveRetry(int failures) => TimeSpan.FromTicks(Math.Min(
        ObserveRetryFirst.Ticks << Math.Min(failures - 1, 5), ObserveRetryMax.Ticks));

    private TimeSpan Next()
    {
        var sinceAll = clock.GetElapsedTime(_lookedAtAll);
        var wait = sinceAll < Resync ? Resync - sinceAll : TimeSpan.Zero;
        foreach (var entry in rounds.Entries)
        {
            // A pod with a run wakes the loop when that ends, and one that waits for a place when another's does; but
            // a lease waits for neither.
            var isBusy = _running.ContainsKey(entry.Uid) || _decided.Exists(run => run.Uid == entry.Uid);
            if ((isBusy ? rounds.LeaseDueIn(entry) : rounds.DueIn(entry)) is { } due && due < wait)
            {
                wait = due > TimeSpan.Zero ? due : TimeSpan.Zero;
            }
        }

        return wait;
    }

    private async Task Sleep(TimeSpan wait, CancellationToken cancellation)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            Notice?.Beat();
            var left = wait - clock.GetElapsedTime(since);
            if (_wake.Reader.TryRead(out _) || left <= TimeSpan.Zero || cancellation.IsCancellationRequested)
            {
                return;
            }

            var slice = Notice is { } notice && notice.BeatEvery < left ? notice.BeatEvery : left;
            using var limit = new CancellationTokenSource(slice, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
            try
            {
                await _wake.Reader.ReadAsync(either.Token);
                return;
            }
            catch (OperationCanceledException)
            {
                // The time of the wait or of a beat came, or the end.
            }
        }
    }
}
