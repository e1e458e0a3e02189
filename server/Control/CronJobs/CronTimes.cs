using Edge.Proto.Model;

namespace Edge.Server.Control.CronJobs;

/// <summary>
/// Which time of a schedule is due, and when the next one is. However many were missed, only the newest is due: an
/// outage is made up for once. Pure.
/// </summary>
/// <param name="Due">The newest time that has come and was not used; null for none.</param>
/// <param name="TooMany">More than <see cref="MissedMax"/> times were missed, or clocks disagree.</param>
/// <param name="Fault">Why the schedule has no times, or null.</param>
internal readonly record struct CronTimes(DateTimeOffset? Due, bool TooMany, string? Fault)
{
    /// <summary>Upstream's number: more than the hours of a long weekend.</summary>
    private const int MissedMax = 100;

    /// <summary>A moment more, so that the time has come when it is looked at.</summary>
    private static readonly TimeSpan Delta = TimeSpan.FromMilliseconds(100);

    public static CronTimes Of(CronJob cronJob, CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset now)
    {
        var first = schedule.Next(Since(cronJob, now), zone);
        var second = first is null ? null : schedule.Next(first.Value, zone);
        if (first is not { } one || second is not { } two)
        {
            return new CronTimes(null, false, "time difference between two schedules is less than 1 second");
        }

        if (now < two)
        {
            return new CronTimes(now < one ? null : one, false, null);
        }

        // A guess by the first interval, because nobody may walk the minutes of years.
        var interval = two - one;
        var missed = (long)((now - one) / interval) + 1;
        var back = interval * 2;
        DateTimeOffset? last = null;
        for (var from = one + (interval * (missed - 2)); last is null && from > one; from -= back, back *= 2)
        {
            last = LastOf(schedule, from, zone, now);
        }

        return new CronTimes(last ?? LastOf(schedule, one, zone, now) ?? one, missed > MissedMax, null);
    }

    /// <summary>How long until the next time that is not used; null where there is none.</summary>
    public static TimeSpan? Wait(CronJob cronJob, CronSchedule schedule, TimeZoneInfo zone, DateTimeOffset now)
    {
        var last = cronJob.Status?.LastScheduleTime ?? cronJob.Metadata.CreationTimestamp ?? now;
        var next = schedule.Next(last, zone);
        if (next <= now)
        {
            // What is @every counts from its own times, and so from the one that has come last.
            next = schedule.Next(Of(Forever(cronJob), schedule, zone, now).Due ?? now, zone);
        }

        return next - now + Delta;
    }

    /// <summary>Nothing that was due before this is looked at.</summary>
    private static DateTimeOffset Since(CronJob cronJob, DateTimeOffset now)
    {
        var since = cronJob.Status?.LastScheduleTime ?? cronJob.Metadata.CreationTimestamp ?? now;
        return cronJob.Spec.StartingDeadlineSeconds is { } seconds && now.AddSeconds(-seconds) is var earliest
            && earliest > since
            ? earliest
            : since;
    }

    private static CronJob Forever(CronJob cronJob) =>
        cronJob with { Spec = cronJob.Spec with { StartingDeadlineSeconds = null } };

    private static DateTimeOffset? LastOf(
        CronSchedule schedule, DateTimeOffset from, TimeZoneInfo zone, DateTimeOffset now)
    {
        DateTimeOffset? last = null;
        for (var next = schedule.Next(from, zone); next <= now; next = schedule.Next(next.Value, zone))
        {
            last = next;
        }

        return last;
    }
}
