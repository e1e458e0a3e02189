using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Jobs;

/// <summary>A pod to be made.</summary>
/// <param name="Index">Its completion index, or null.</param>
/// <param name="Replaces">The pod of its index that failed last, where each index has its own limit.</param>
internal readonly record struct NewPod(int? Index, PodView? Replaces);

/// <summary>Which pods of a Job are too many, and which are missing. Pure.</summary>
/// <param name="Drop">Active pods to delete, which count as nothing.</param>
/// <param name="Create">Pods to make; none while any are dropped.</param>
/// <param name="Wait">When the back-off of failures lets pods be made, or null.</param>
internal sealed record JobScale(IReadOnlyList<PodView> Drop, IReadOnlyList<NewPod> Create, TimeSpan? Wait)
{
    /// <summary>Pods made or deleted in one sync, as upstream.</summary>
    private const int BurstMax = 500;

    public static JobScale None { get; } = new([], [], null);

    public static JobScale Of(JobTally tally, DateTimeOffset now)
    {
        var wanted = tally.State.IsSuspended ? 0 : Wanted(tally);
        var drop = Surplus(tally, tally.Active.Count - wanted, now);
        if (drop.Count > 0 || tally.State.IsSuspended)
        {
            return new JobScale(drop, [], null);
        }

        var leaving = tally.State.WaitsForTheEnd ? tally.Terminating : 0;
        var missing = Math.Min(wanted - leaving - tally.Active.Count, BurstMax);
        return missing <= 0 ? None
            : tally.Failed is not null ? ByIndex(tally, missing, now)
            : JobBackoff.Rest(tally.Pods, now) is { Ticks: > 0 } rest ? new JobScale([], [], rest)
            : tally.State.IsIndexed ? new JobScale(
                [], [.. Pending(tally).Take(missing).Select(index => new NewPod(index, null))], null)
            : new JobScale([], [.. Enumerable.Repeat(default(NewPod), missing)], null);
    }

    /// <summary>
    /// By index the pods that failed last and have no successor yet. They keep their finalizer until they have one,
    /// because it takes over their count of failures.
    /// </summary>
    public static IReadOnlyDictionary<int, PodView> LastFailed(JobTally tally)
    {
        var last = new Dictionary<int, PodView>();
        if (tally.Failed is not { } failed)
        {
            return last;
        }

        var active = tally.Active.Select(tally.State.IndexOf).ToHashSet();
        foreach (var (pod, verdict) in tally.Tracked)
        {
            var index = tally.State.IndexOf(pod);
            if (verdict is not null && index >= 0 && !active.Contains(index) && !failed.Has(index)
                && !tally.Done.Has(index)
                && (!last.TryGetValue(index, out var other) || FailuresOf(other) <= FailuresOf(pod)))
            {
                last[index] = pod;
            }
        }

        return last;
    }

    private static int Wanted(JobTally tally)
    {
        var parallelism = tally.State.Spec.Parallelism ?? 1;
        return tally.State.Spec.Completions is { } completions
            ? Math.Clamp(completions - tally.Succeeded, 0, parallelism)
            // Of a work queue that one pod found empty the others finish what they have.
            : tally.Succeeded > 0 ? tally.Active.Count : parallelism;
    }

    /// <summary>
    /// First pods without an index of their own, and then the least useful. A pod out of reach stays: nobody can stop
    /// it, and it may have succeeded already and must not be run again.
    /// </summary>
    private static List<PodView> Surplus(JobTally tally, int count, DateTimeOffset now)
    {
        var order = new DeletionOrder(tally.State.Absent, new Dictionary<string, int>(), now);
        var active = tally.Active.Order(order).ToList();
        var drop = new List<PodView>();
        if (tally.State.IsIndexed)
        {
            var taken = new HashSet<int>();
            for (var at = active.Count - 1; at >= 0; at--)
            {
                var index = tally.State.IndexOf(active[at]);
                if (index < 0 || tally.Done.Has(index) || !taken.Add(index))
                {
                    drop.Add(active[at]);
                    active.RemoveAt(at);
                }
            }
        }

        drop.AddRange(active.Where(pod => !tally.State.Absent.Contains(pod.NodeName))
            .Take(Math.Max(count - drop.Count, 0)));
        return drop.Count > BurstMax ? drop[..BurstMax] : drop;
    }

    private static JobScale ByIndex(JobTally tally, int missing, DateTimeOffset now)
    {
        var last = LastFailed(tally);
        var create = new List<NewPod>();
        TimeSpan? wait = null;
        foreach (var index in Pending(tally).Take(missing))
        {
            var replaces = last.GetValueOrDefault(index);
            var rest = replaces is null ? TimeSpan.Zero : JobBackoff.RestOf(replaces, now);
            if (rest == TimeSpan.Zero)
            {
                create.Add(new NewPod(index, replaces));
            }
            else
            {
                wait = wait < rest ? wait : rest;
            }
        }

        return new JobScale([], create, wait);
    }

    /// <summary>Indexes that nothing is done about, ascending.</summary>
    private static IEnumerable<int> Pending(JobTally tally)
    {
        var busy = tally.Active;
        if (tally.State.WaitsForTheEnd)
        {
            busy = [.. tally.Pods.Where(pod => pod is { IsFinished: false, IsGone: false })];
        }

        var settled = tally.Done.With(busy.Select(tally.State.IndexOf).Where(index => index >= 0));
        return (tally.Failed is null ? settled : settled.With(tally.Failed))
            .Missing(tally.State.Spec.Completions ?? 0);
    }

    private static int FailuresOf(PodView pod) =>
        JobState.Number(pod, JobState.FailuresAnnotation, 0) + JobState.Number(pod, JobState.IgnoredAnnotation, 0);
}
