using Edge.Proto.Model;
using Edge.Server.Store;

namespace Edge.Server.Control.CronJobs;

/// <summary>Something to tell of a CronJob.</summary>
internal sealed record CronJobEvent(string Type, string Reason, string Message);

/// <summary>What is to be done about a CronJob (batch/v1). Pure.</summary>
/// <param name="Delete">Jobs to delete: those that are replaced, and those beyond the history.</param>
/// <param name="Run">The time of the schedule to make a Job for, or null.</param>
/// <param name="Status">The status before that Job.</param>
/// <param name="Events">What to tell.</param>
/// <param name="CheckAgain">When to look again without an event, or null.</param>
internal sealed record CronJobPlan(
    IReadOnlyList<Job> Delete, DateTimeOffset? Run, CronJobStatus Status, IReadOnlyList<CronJobEvent> Events,
    TimeSpan? CheckAgain)
{
    /// <summary>
    /// Timers do not see that the clock was set, as it is some time after a machine without a battery has started; nor
    /// that the machine learned of a time zone.
    /// </summary>
    private static readonly TimeSpan LookMost = TimeSpan.FromMinutes(10);

    public static CronJobPlan Of(CronJobState state, DateTimeOffset now)
    {
        var events = new List<CronJobEvent>();
        var status = CronJobChildren.Status(state, events);
        var history = CronJobChildren.Surplus(state);
        var plan = new CronJobPlan(history, null, status, events, null);
        var (cronJob, spec) = (state.CronJob, state.CronJob.Spec);
        if (cronJob.Metadata.DeletionTimestamp is not null)
        {
            return plan with { Delete = [] };
        }

        if (state.Zone is not { } zone)
        {
            events.Add(Warning(
                "UnknownTimeZone", $"invalid timeZone: \"{spec.TimeZone}\": unknown time zone {spec.TimeZone}"));
            return plan with { CheckAgain = LookMost };
        }

        if (spec.Suspend == true)
        {
            return plan;
        }

        if (CronSchedule.Parse(spec.Schedule, out var fault) is not { } schedule)
        {
            events.Add(Warning("UnparseableSchedule", $"unparseable schedule: \"{spec.Schedule}\" : {fault}"));
            return plan;
        }

        var times = CronTimes.Of(cronJob, schedule, zone, now);
        if (times.Fault is { } why)
        {
            events.Add(Warning("InvalidSchedule", $"invalid schedule: {spec.Schedule} : {why}"));
            return plan with { CheckAgain = LookMost };
        }

        plan = plan with { CheckAgain = Soon(CronTimes.Wait(cronJob, schedule, zone, now)) };
        if (times.Due is not { } due)
        {
            return plan;
        }

        if (times.TooMany)
        {
            events.Add(Warning(
                "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"));
        }

        return IsHeld(state, status, due, events) ? plan : Start(state, plan, due);
    }

    private static CronJobPlan Start(CronJobState state, CronJobPlan plan, DateTimeOffset due)
    {
        if (state.CronJob.Spec.ConcurrencyPolicy != "Replace")
        {
            return plan with { Run = due };
        }

        var active = (plan.Status.Active ?? []).Select(entry => entry.Uid).ToHashSet();
        var replaced = state.Jobs.Where(job => active.Contains(job.Metadata.Uid));
        return plan with
        {
            Delete = [.. replaced, .. plan.Delete],
            Run = due,
            Status = plan.Status with { Active = null },
        };
    }

    private static bool IsHeld(
        CronJobState state, CronJobStatus status, DateTimeOffset due, List<CronJobEvent> events)
    {
        var spec = state.CronJob.Spec;
        var name = JobDraft.NameOf(state.CronJob, due);
        if (status.LastScheduleTime == due || (status.Active ?? []).Any(entry => entry.Name == name))
        {
            return true;
        }

        if (spec.ConcurrencyPolicy == "Forbid" && status.Active is { Count: > 0 })
        {
            events.Add(new CronJobEvent(
                EventNote.Normal, "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid"));
            return true;
        }

        return false;
    }

    private static TimeSpan? Soon(TimeSpan? wait) => wait > LookMost ? LookMost : wait;

    private static CronJobEvent Warning(string reason, string message) => new(EventNote.Warning, reason, message);
}
