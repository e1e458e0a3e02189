using Edge.Proto.Model;
using Edge.Server.Control.Workloads;
using Edge.Server.Store;

namespace Edge.Server.Control.Jobs;

/// <summary>The status of a Job (batch/v1 JobStatus), the pods that it counts anew, and what to tell. Pure.</summary>
internal sealed record JobReport(
    JobStatus Status, IReadOnlyList<PodView> Counted, IReadOnlyList<JobEvent> Events)
{
    /// <summary>Pods counted in one transaction; the next look counts the rest.</summary>
    private const int CountMax = 100;

    /// <param name="tally">What the pods come to.</param>
    /// <param name="end">By what the Job comes to its end, or null.</param>
    /// <param name="now">The time.</param>
    public static JobReport Of(JobTally tally, Condition? end, DateTimeOffset now)
    {
        var state = tally.State;
        var old = state.Job.Status ?? new JobStatus();
        var ended = Ended(tally, end);
        List<PodView> counted = [.. ended.Take(CountMax)];
        var events = new List<JobEvent>();
        var status = Counts(tally, counted, end) with
        {
            StartTime = old.StartTime ?? (state.IsSuspended ? null : now),
            CompletionTime = old.CompletionTime,
            Conditions = old.Conditions,
            // Nothing is ever counted and not released: both are one transaction.
            UncountedTerminatedPods = new UncountedTerminatedPods(),
        };
        if (end is null)
        {
            return new JobReport(Suspension(state, status, events, now), counted, events);
        }

        status = status with { Conditions = With(status.Conditions, end) };
        if (ended.Count == counted.Count && tally is { Active.Count: 0, Terminating: 0 })
        {
            status = Finish(state, status, end, events, now);
        }

        return new JobReport(status, counted, events);
    }

    private static JobStatus Counts(JobTally tally, List<PodView> counted, Condition? end)
    {
        var state = tally.State;
        var old = state.Job.Status;
        int succeeded = old?.Succeeded ?? 0, failed = old?.Failed ?? 0;
        var done = new List<int>();
        foreach (var pod in counted)
        {
            var index = state.IndexOf(pod);
            if (state.IsIndexed && index < 0)
            {
                continue;
            }

            if (pod.Phase == "Succeeded" && state.IsIndexed)
            {
                done.Add(index);
            }
            else if (pod.Phase == "Succeeded")
            {
                succeeded++;
            }
            else if (Fails(pod, state, end) && tally.Judge(pod).Counts)
            {
                failed++;
            }
        }

        var completed = tally.Completed.With(done);
        return new JobStatus
        {
            Active = tally.Active.Count == 0 ? null : tally.Active.Count,
            Ready = tally.Ready,
            Terminating = tally.Terminating,
            Succeeded = (state.IsIndexed ? completed.Count : succeeded) is > 0 and var count ? count : null,
            Failed = failed == 0 ? null : failed,
            CompletedIndexes = completed.Count == 0 ? null : completed.ToString(),
            FailedIndexes = tally.Failed?.ToString(),
        };
    }

    /// <summary>What was deleted only because the Job had succeeded did not fail.</summary>
    private static bool Fails(PodView pod, JobState state, Condition? end) =>
        pod.Phase == "Failed" || (pod.IsDeleting && end?.Type != JobEnd.Success
            && (end is not null || pod.IsGone || !state.WaitsForTheEnd));

    /// <summary>Pods that no longer need to be kept; of a Job that goes, all.</summary>
    private static List<PodView> Ended(JobTally tally, Condition? end)
    {
        var goes = tally.State.Job.Metadata.DeletionTimestamp is not null;
        var kept = goes || end is not null ? null : JobScale.LastFailed(tally);
        var ended = new List<PodView>();
        foreach (var (pod, verdict) in tally.Tracked)
        {
            if (goes || pod.Phase == "Succeeded" || (end is not null && !pod.IsActive)
                || (verdict is not null && kept?.GetValueOrDefault(tally.State.IndexOf(pod))?.Uid != pod.Uid))
            {
                ended.Add(pod);
            }
        }

        return ended;
    }

    private static JobStatus Suspension(
        JobState state, JobStatus status, List<JobEvent> events, DateTimeOffset now)
    {
        var was = JobState.Find(state.Job, "Suspended") is not null;
        if (state.IsSuspended == was || state.Job.Metadata.DeletionTimestamp is not null)
        {
            return status;
        }

        var (reason, message) = was ? ("JobResumed", "Job resumed") : ("JobSuspended", "Job suspended");
        events.Add(new JobEvent(EventNote.Normal, was ? "Resumed" : "Suspended", message));
        return status with
        {
            Conditions = With(status.Conditions, New("Suspended", was ? "False" : "True", reason, message, now)),
            // The deadline counts the time that it is active without a break.
            StartTime = was ? now : status.StartTime,
        };
    }

    private static JobStatus Finish(
        JobState state, JobStatus status, Condition end, List<JobEvent> events, DateTimeOffset now)
    {
        var succeeded = end.Type == JobEnd.Success;
        if (succeeded && status.Succeeded > state.Spec.Completions)
        {
            events.Add(new JobEvent(
                EventNote.Warning, "TooManySucceededPods",
                "Too many succeeded pods running after completion count reached"));
        }

        events.Add(succeeded
            ? new JobEvent(EventNote.Normal, "Completed", "Job completed")
            : new JobEvent(EventNote.Warning, end.Reason ?? "", end.Message ?? ""));
        var last = New(succeeded ? "Complete" : "Failed", "True", end.Reason, end.Message, now);
        return status with
        {
            Conditions = With(status.Conditions, last),
            CompletionTime = succeeded ? now : status.CompletionTime,
        };
    }

    private static Condition New(string type, string status, string? reason, string? message, DateTimeOffset now) =>
        new()
        {
            Type = type, Status = status, Reason = reason, Message = message, LastProbeTime = now,
            LastTransitionTime = now,
        };

    private static IReadOnlyList<Condition> With(IReadOnlyList<Condition>? conditions, Condition wanted) =>
        [.. (conditions ?? []).Where(one => one.Type != wanted.Type), wanted];
}
