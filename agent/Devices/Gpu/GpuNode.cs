using System.Text.Json;
using Edge.Agent.Runtime;
using Edge.Proto.Model;
using Edge.Proto.Sync;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Devices.Gpu;

/// <summary>
/// The GPUs of this node through time: looks at them, hears what happens to them, and tells when something changed. On
/// a machine without any it looks for traces of a driver every ten minutes and starts nothing.
/// </summary>
internal sealed class GpuNode
{
    /// <summary>Events tell the rest. A driver that is loaded late is found then, too.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(10);

    /// <summary>While one is out: it comes back three looks after it is well.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    /// <summary>Whether the node is ready is to be known soon, too.</summary>
    private static readonly TimeSpan FirstLookMost = TimeSpan.FromSeconds(5);

    /// <summary>A timer counts by another clock than that which measures.</summary>
    private static readonly TimeSpan TimerEarly = TimeSpan.FromSeconds(1);

    private readonly GpuSettings _settings;
    private readonly XidRules _rules;
    private readonly GpuProbe _probe;
    private readonly GpuWatch _watch;
    private readonly string _file;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly Wakeup _wakeup;
    private readonly Backoff _backoff;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _looked = new();

    /// <summary>By GPU, what its containers are still to be ended for.</summary>
    private readonly Dictionary<string, GpuEvent> _restarts = [];
    private long? _counted;

    /// <summary>By GPU, the last one that was heard, whatever followed from it.</summary>
    private readonly Dictionary<string, long> _xids = [];
    private Task? _watching;
    private volatile GpuHealth _health = GpuHealth.None;

    /// <param name="settings">Where to look.</param>
    /// <param name="rules">What follows from events.</param>
    /// <param name="runDir">Remembers there who was seen, until the machine restarts.</param>
    /// <param name="clock">Paces.</param>
    /// <param name="random">Spreads.</param>
    /// <param name="logger">Hears of changes.</param>
    public GpuNode(
        GpuSettings settings, XidRules rules, string runDir, TimeProvider clock, Random random, ILogger logger)
    {
        (_settings, _rules, _clock, _logger) = (settings, rules, clock, logger);
        (_probe, _watch) = (new GpuProbe(settings, clock), new GpuWatch(settings, clock, random, logger));
        (_wakeup, _backoff) = (new Wakeup(clock), new Backoff(LookAgain, LookEvery, random));
        _file = Path.Combine(runDir, "gpus.json");
        _health = GpuHealth.None with { Gpus = Remembered() };
    }

    /// <summary>Without readings; another one whenever something of it changed.</summary>
    public GpuInventory Gpus => _health.Gpus;

    /// <summary>Somebody has looked since the agent began.</summary>
    public bool IsKnown => _looked.Task.IsCompleted;

    /// <summary>They are not as they were.</summary>
    public Action<GpuInventory> Changed { get; set; } = _ => { };

    /// <summary>For the Node's events: whether it is a warning, reason, message.</summary>
    public Action<bool, string, string> Say { get; set; } = (_, _, _) => { };

    /// <summary>Ends the containers that have a GPU.</summary>
    public Func<GpuInventory, string, CancellationToken, Task> EndContainers { get; set; } =
        (_, _, _) => Task.CompletedTask;

    /// <summary>
    /// Waits until it is known what there is, but not long: a Node that says it has no GPUs, and then that it has,
    /// makes others move.
    /// </summary>
    public Task FirstLook(CancellationToken cancellation) =>
        Task.WhenAny(_looked.Task, Task.Delay(FirstLookMost, _clock, cancellation));

    /// <summary>
    /// The GPUs as they are known, with what they say now: asks their driver by a look of its own, which ends within
    /// the deadline and changes nothing of who is well. Asks nobody where there are none.
    /// </summary>
    public async Task<GpuInventory> Read(CancellationToken cancellation)
    {
        if (Gpus.Devices.Count == 0)
        {
            return Gpus;
        }

        var seen = await _probe.Look(withCuda: false, cancellation);
        var devices = new List<GpuDevice>();
        lock (_gate)
        {
            foreach (var device in _health.Gpus.Devices)
            {
                GpuReadings? now = null;
                foreach (var found in seen.Devices)
                {
                    now = found.Uuid == device.Uuid ? found.Readings : now;
                }

                devices.Add(device with
                {
                    Readings = _xids.TryGetValue(device.Uuid, out var xid)
                        ? (now ?? new GpuReadings()) with { Xid = xid }
                        : now,
                });
            }

            return _health.Gpus with { Devices = devices };
        }
    }

    public async Task Run(CancellationToken cancellation)
    {
        if (Gpus.Devices.Count > 0)
        {
            Changed(Gpus);
        }

        var withCuda = true;
        while (true)
        {
            await Restart(cancellation);
            if (Gpus.Devices.Count > 0 || GpuTraces.Any(_settings))
            {
                var seen = await _probe.Look(withCuda, cancellation);
                var counts = Counts();
                Take((known, found) => GpuHealthPlan.AfterLook(known, found, counts), seen);
                // CUDA wakes each device; once is enough to know whether it can.
                withCuda = seen.Problem is not null;
                Watch(cancellation);
            }

            _looked.TrySetResult();

            await _wakeup.Wait(Wait(), cancellation);
            if (_watching is { IsFaulted: true })
            {
                await _watching;
            }
        }
    }

    private async Task Restart(CancellationToken cancellation)
    {
        foreach (var happened in Restarts())
        {
            lock (_gate)
            {
                // What happens from here on asks for another end.
                _restarts.Remove(happened.Uuid);
            }

            try
            {
                await EndContainers(Gpus, happened.Uuid, cancellation);
                Say(true, "GPURestart", $"XID {happened.Data} on GPU {happened.Uuid}: its containers begin again");
            }
            catch (RuntimeException fault)
            {
                GpuLog.NotRestarted(_logger, happened.Uuid, fault.Message);
                Ask(happened);
            }
        }
    }

    private GpuEvent[] Restarts()
    {
        lock (_gate)
        {
            return [.. _restarts.Values];
        }
    }

    /// <summary>Of a GPU that is not known nothing can be ended.</summary>
    private void Ask(GpuEvent restart)
    {
        lock (_gate)
        {
            foreach (var device in _health.Gpus.Devices)
            {
                if (device.Uuid == restart.Uuid)
                {
                    _restarts[device.Uuid] = restart;
                }
            }
        }
    }

    /// <summary>As often as looks are made without events, however many there are.</summary>
    private bool Counts()
    {
        if (_counted is { } at && _clock.GetElapsedTime(at) < LookAgain - TimerEarly)
        {
            return false;
        }

        _counted = _clock.GetTimestamp();
        return true;
    }

    private TimeSpan Wait()
    {
        if (Restarts().Length > 0)
        {
            return LookAgain;
        }

        var gpus = Gpus;
        if (gpus.Problem is null && gpus.Healthy == gpus.Devices.Count)
        {
            _backoff.Reset();
            return LookEvery;
        }

        // A driver that fails as a whole is not asked ever faster.
        return gpus.Problem is null ? LookAgain : _backoff.Next();
    }

    /// <summary>A Jetson's own GPU has no events.</summary>
    private void Watch(CancellationToken cancellation)
    {
        foreach (var device in Gpus.Devices)
        {
            if (device.Uuid != GpuDevice.TegraId)
            {
                _watching ??= _watch.Run(_wakeup.Signal, Happened, _wakeup.Signal, cancellation);
            }
        }
    }

    private void Happened(GpuEvent happened)
    {
        var outcome = GpuOutcome.Ignore;
        Take(
            (known, said) =>
            {
                (var after, outcome) = GpuHealthPlan.AfterEvent(known, said, _rules);
                return after;
            },
            happened);
        Keep(happened);
        GpuLog.Happened(_logger, happened.Uuid, happened.Type, happened.Data, outcome);
        if (outcome == GpuOutcome.Restart)
        {
            Ask(happened);
        }

        if (outcome != GpuOutcome.Ignore)
        {
            _wakeup.Signal();
        }
    }

    private void Keep(GpuEvent happened)
    {
        lock (_gate)
        {
            foreach (var device in _health.Gpus.Devices)
            {
                if (device.Uuid == happened.Uuid && happened.Type == NvmlNative.XidCritical)
                {
                    _xids[device.Uuid] = (long)happened.Data;
                }
            }
        }
    }

    private void Take<T>(Func<GpuHealth, T, GpuHealth> plan, T said)
    {
        byte[] before, after;
        GpuInventory old;
        lock (_gate)
        {
            old = _health.Gpus;
            var next = plan(_health, said);
            (before, after) = (GpuJson.Bytes(old), GpuJson.Bytes(next.Gpus));
            // The same object while nothing of what is reported changed.
            _health = before.AsSpan().SequenceEqual(after) ? next with { Gpus = old } : next;
        }

        if (!before.AsSpan().SequenceEqual(after))
        {
            Keep(after);
            Tell(old, Gpus);
            Changed(Gpus);
        }
    }

    private void Tell(GpuInventory old, GpuInventory now)
    {
        GpuLog.Seen(_logger, now.Healthy, now.Devices.Count, now.Driver);
        if (now.Problem is { } problem && problem != old.Problem)
        {
            GpuLog.Problem(_logger, problem.Message);
            Say(true, problem.Reason, problem.Message);
        }

        foreach (var device in now.Devices)
        {
            string? reason = null;
            foreach (var before in old.Devices)
            {
                reason = before.Uuid == device.Uuid ? before.Unhealthy : reason;
            }

            if (device.Unhealthy is { } wrong && wrong != reason)
            {
                GpuLog.TakenOut(_logger, device.Uuid, wrong);
                Say(true, "GPUUnhealthy", $"GPU {device.Uuid}: {wrong}");
            }
            else if (device.Unhealthy is null && reason is not null)
            {
                GpuLog.IsBack(_logger, device.Uuid);
                Say(false, "GPUHealthy", $"GPU {device.Uuid} is well again");
            }
        }
    }

    /// <summary>An agent that begins again must not give away what its predecessor took out.</summary>
    private GpuInventory Remembered()
    {
        try
        {
            return GpuJson.Read(File.ReadAllBytes(_file));
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException)
        {
            // The machine has just started.
            return GpuInventory.None;
        }
    }

    /// <summary>On tmpfs: after a boot the machine may be another.</summary>
    private void Keep(byte[] gpus)
    {
        try
        {
            File.WriteAllBytes(_file, gpus);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GpuLog.NotKept(_logger, failure.Message);
        }
    }
}
