using System.Collections.Immutable;
using Edge.Agent.Ledger;
using Edge.Agent.Reconcile.Environment;
using Edge.Agent.Reconcile.Probes;
using Edge.Agent.Reconcile.Status;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;

namespace Edge.Agent.Reconcile;

/// <summary>
/// The part of a round that waits for nothing: keeps one entry per pod, brings its record up to what was seen, reports
/// its status and plans. Touched by the loop only.
/// </summary>
internal sealed class PodRounds(
    NodeLedger ledger,
    PodRunner runner,
    ImageSteps images,
    ProbeSet probes,
    RoundSurroundings around,
    ILogger logger)
{
    private readonly Dictionary<string, PodEntry> _entries = [];
    private ImmutableDictionary<string, byte[]> _desired = ImmutableDictionary<string, byte[]>.Empty;
    private ImmutableDictionary<string, PodRecord>? _records;

    public IReadOnlyCollection<PodEntry> Entries => _entries.Values;

    public void Mark(IReadOnlySet<string> woken, bool everyPod)
    {
        foreach (var entry in _entries.Values)
        {
            entry.Dirty |= everyPod || woken.Contains(entry.Uid);
        }
    }

    /// <summary>
    /// Something happened to the pod, its time came, or its lease is elsewhere than when it was decided on. The last is
    /// asked each time, because a wall clock that is set must not prolong a lease.
    /// </summary>
    public bool IsDue(PodEntry entry) =>
        entry.Dirty || entry.WakeAt <= around.Clock.GetUtcNow() || HasLeaseMoved(entry);

    public bool HasLeaseMoved(PodEntry entry) => entry.LeaseStage != around.LeaseStage(entry.Pod);

    /// <summary>How long nothing becomes due by time alone; null when nothing does.</summary>
    public TimeSpan? DueIn(PodEntry entry)
    {
        var wake = entry.WakeAt - around.Clock.GetUtcNow();
        var lease = around.NextLeaseStage(entry.Pod);
        return wake is null || lease < wake ? lease : wake;
    }

    /// <summary>The time until its lease moves if nobody answers; null when that is no matter of time.</summary>
    public TimeSpan? LeaseDueIn(PodEntry entry) => around.NextLeaseStage(entry.Pod);

    /// <summary>Whether a decision on this pod still stands.</summary>
    public bool IsCurrent(string uid, ImmutableDictionary<string, byte[]> desired) =>
        _entries.TryGetValue(uid, out var entry) && !entry.IsOutdated(desired);

    public void Take(string uid, PodMemory memory)
    {
        if (_entries.TryGetValue(uid, out var entry))
        {
            entry.Ended(memory);
        }
    }

    /// <summary>
    /// An entry for every pod desired, recorded, or (once the server has spoken) left over on the node.
    /// </summary>
    public void Refresh(
        ImmutableDictionary<string, byte[]> desired, ImmutableDictionary<string, PodRecord> records, NodeSight sight)
    {
        if (!ReferenceEquals(desired, _desired))
        {
            foreach (var key in Ordered(desired.Keys))
            {
                if (key.StartsWith("pods/", StringComparison.Ordinal))
                {
                    Entry(key["pods/".Length..]);
                }
            }

            _desired = desired;
        }

        if (!ReferenceEquals(records, _records))
        {
            foreach (var uid in Ordered(records.Keys))
            {
                Entry(uid);
            }

            _records = records;
        }

        if (desired.ContainsKey("node"))
        {
            foreach (var uid in sight.Containers.Keys.Concat(sight.Sandboxes))
            {
                Entry(uid);
            }
        }

        foreach (var entry in _entries.Values)
        {
            Take(entry, desired);
            entry.Saw(sight.Of(entry.Uid));
        }
    }

    private void Take(PodEntry entry, ImmutableDictionary<string, byte[]> desired)
    {
        try
        {
            entry.Take(desired, around.Node(), around.IsHeldBack(entry.Uid));
        }
#pragma warning disable CA1031 // One entry that cannot be read must not keep the others from running.
        catch (Exception unreadable)
#pragma warning restore CA1031
        {
            ReconcileLog.Unreadable(logger, $"pods/{entry.Uid}", unreadable.Message);
            entry.LeaveAlone(desired);
        }
    }

    /// <summary>
    /// Brings one pod up to date and returns the run of its steps, or null when there is nothing to do. A pod that
    /// cannot be decided on, or whose record cannot be saved, costs the others nothing.
    /// </summary>
    public PodRun? Decide(PodEntry entry, NodeSight sight)
    {
        entry.Dirty = false;
        var stage = around.LeaseStage(entry.Pod);
        var moved = stage != entry.LeaseStage;
        entry.LeaseStage = stage;
        if (entry.LeftAlone)
        {
            entry.WakeAt = null;
            return null;
        }

        try
        {
            return DecideNow(entry, sight, moved);
        }
#pragma warning disable CA1031 // As above: the other pods go on.
        catch (Exception unforeseen)
#pragma warning restore CA1031
        {
            ReconcileLog.Undecided(logger, entry.Uid, unforeseen);
            entry.Break(new Obstacle("", unforeseen.Message, around.Clock.GetUtcNow() + PodRun.Pause));
            return null;
        }
    }

    private PodRun? DecideNow(PodEntry entry, NodeSight sight, bool leaseMoved)
    {
        var now = around.Clock.GetUtcNow();
        entry.SawDevices(entry.Pod is { } given ? around.Devices(given) : []);
        // A lease that ends waits for nothing that failed before.
        if (entry.Memory.Broken is { } broken && broken.Holds(now) && !leaseMoved)
        {
            entry.WakeAt = broken.RetryAt;
            return null;
        }

        if (entry.Pod is { } pod)
        {
            entry.Memory = images.Absorb(pod, entry.Memory);
        }

        var (view, report) = Settle(Look(entry, sight, now));
        probes.Sync(view, around.Node().HostIp);
        if (IsGone(view))
        {
            entry.WakeAt = null;
            return null;
        }

        var plan = PodPlan.For(view);
        if (report is not null)
        {
            (plan.Steps.Count == 0 ? around.Report : around.ReportPassing)(view.Uid, report);
        }

        entry.WakeAt = plan.WakeAt;
        if (plan.Steps.Count == 0)
        {
            return null;
        }

        entry.Began();
        ReconcileLog.Planned(logger, entry.Uid, string.Join("; ", plan.Steps));
        var work = new PodWork(view, new ObjectSource(_desired), around.Node())
        {
            IsFenced = () => FencedFor(entry, sight) is not null,
        };
        return new PodRun(runner, work, plan);
    }

    /// <summary>Pods that are neither desired nor recorded any more.</summary>
    public void DropForgotten()
    {
        foreach (var entry in _entries.Values)
        {
            if (entry is { Pod: null, LeftAlone: false, Dirty: false, WakeAt: null }
                && !ledger.Pods.ContainsKey(entry.Uid))
            {
                _entries.Remove(entry.Uid);
                around.Report(entry.Uid, null);
            }
        }
    }

    /// <summary>Nobody wants it and nothing of it is left, so there is nothing to forget either.</summary>
    private bool IsGone(PodView view) =>
        view is { Pod: null, SandboxListed: false, Containers.Count: 0 } && !ledger.Pods.ContainsKey(view.Uid);

    private PodView Look(PodEntry entry, NodeSight sight, DateTimeOffset now)
    {
        var record = ledger.Pods.GetValueOrDefault(entry.Uid);
        if (record is null)
        {
            record = entry.Pod is { } pod
                ? PodRecordPlan.New(pod, now)
                : new PodRecord { Uid = entry.Uid, Namespace = "", Name = "", StartTime = now };
        }

        return new PodView
        {
            Uid = entry.Uid,
            Pod = entry.Pod,
            Record = record,
            Memory = entry.Memory,
            SandboxListed = sight.Sandboxes.Contains(entry.Uid),
            Containers = sight.Of(entry.Uid),
            Probes = probes.VerdictsOf(entry.Uid),
            VolumeDigest = entry.VolumeDigest,
            FencedFor = FencedFor(entry, sight),
            Devices = entry.Devices,
            HasServer = around.HasServer(),
            Refused = entry.Refused,
            Now = now,
        };
    }

    /// <summary>Held back is for ever, and only of a pod of which nothing runs.</summary>
    private TimeSpan? FencedFor(PodEntry entry, NodeSight sight)
    {
        if (around.IsHeldBack(entry.Uid) && !IsRunning(sight.Of(entry.Uid)))
        {
            return TimeSpan.MaxValue;
        }

        return around.LeaseOver(entry.Pod) is { } over && over >= TimeSpan.Zero ? over : null;
    }

    private static bool IsRunning(IReadOnlyList<SeenContainer> containers)
    {
        foreach (var seen in containers)
        {
            if (seen.State == SeenState.Running)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The record takes in what was seen and is on disk before anybody hears of it; returns what is to be heard.
    /// </summary>
    private (PodView View, PodReport? Report) Settle(PodView view)
    {
        var record = PodRecordPlan.Absorb(view);
        view = view with { Record = record };
        if (view.Pod is { } pod)
        {
            var status = PodStatusPlan.For(view, around.Node().HostIp);
            var before = record;
            record = WithConditions(record, status.Conditions ?? []);
            Save(record);
            if (!ReferenceEquals(record, before) && DeviceStatusPlan.Change(before, record) is { } change)
            {
                var (warning, reason, message) = change;
                around.Say(PodEvent.For(pod, null, warning, reason, message));
            }

            return (view with { Record = record }, new PodReport
            {
                Metadata = new ObjectMeta
                {
                    Name = pod.Metadata.Name,
                    Namespace = pod.Metadata.Namespace,
                    Uid = pod.Metadata.Uid,
                },
                Status = status,
                Removed = record.Removed,
            });
        }

        if (ledger.Pods.ContainsKey(view.Uid))
        {
            Save(record);
        }

        return (view, null);
    }

    private void Save(PodRecord record)
    {
        if (!ReferenceEquals(ledger.Pods.GetValueOrDefault(record.Uid), record))
        {
            ledger.Save(record);
        }
    }

    private static PodRecord WithConditions(PodRecord record, IReadOnlyList<Condition> conditions) =>
        IsSame(record.Conditions, conditions) ? record : record with { Conditions = conditions };

    private static bool IsSame(IReadOnlyList<Condition> held, IReadOnlyList<Condition> now)
    {
        for (var i = 0; i < held.Count && i < now.Count; i++)
        {
            if (held[i].Type != now[i].Type || held[i].Status != now[i].Status)
            {
                return false;
            }
        }

        return held.Count == now.Count;
    }

    /// <summary>
    /// A table's own order is another one in each process: pods would begin in another one after each start.
    /// </summary>
    private static string[] Ordered(IEnumerable<string> keys)
    {
        string[] ordered = [.. keys];
        Array.Sort(ordered, StringComparer.Ordinal);
        return ordered;
    }

    private PodEntry Entry(string uid)
    {
        if (!_entries.TryGetValue(uid, out var entry))
        {
            _entries[uid] = entry = new PodEntry(uid);
        }

        return entry;
    }
}

/// <summary>The steps of one pod, ready to run.</summary>
internal sealed record PodRun(PodRunner Runner, PodWork Work, PodPlan Plan)
{
    /// <summary>Something nobody foresaw broke the run; the pod is looked at again after a pause.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public string Uid => Work.View.Uid;

    /// <summary>The pod's lease was over when this was decided.</summary>
    public bool IsFenced => Work.View.FencedFor is not null;

    public Task<PodMemory> Go(CancellationToken cancellation) => Runner.Run(Work, Plan, cancellation);

    public PodMemory Broken(DateTimeOffset now, string message) =>
        Work.Memory with { Broken = new Obstacle("", message, now + Pause) };
}
