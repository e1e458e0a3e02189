using Edge.Proto.Model;
using Edge.Server.Control.Jobs;
using Edge.Server.Store;

namespace Edge.Server.Control.CronJobs;

/// <summary>What the Jobs of a CronJob say of its status, and which of them are history. Pure.</summary>
internal static class CronJobChildren
{
    /// <summary>The status without what has finished or is gone.</summary>
    public static CronJobStatus Status(CronJobState state, List<CronJobEvent> events)
    {
        var old = state.CronJob.Status ?? new CronJobStatus();
        var active = new List<ObjectReference>(old.Active ?? []);
        var success = old.LastSuccessfulTime;
        foreach (var job in state.Jobs)
        {
            var name = job.Metadata.Name;
            var at = active.FindIndex(entry => entry.Uid == job.Metadata.Uid);
            if (JobState.IsOver(job) is not { } over)
            {
                if (at < 0)
                {
                    events.Add(new CronJobEvent(
                        EventNote.Warning, "UnexpectedJob",
                        $"Saw a job that the controller did not create or forgot: {name}"));
                }

                continue;
            }

            if (at >= 0)
            {
                active.RemoveAt(at);
                events.Add(new CronJobEvent(
                    EventNote.Normal, "SawCompletedJob", $"Saw completed job: {name}, condition: {over.Type}"));
            }

            if (over.Type == "Complete" && job.Status?.CompletionTime is { } completed
                && (success is null || completed > success))
            {
                success = completed;
            }
        }

        var known = state.Jobs.Select(job => job.Metadata.Uid).ToHashSet();
        foreach (var missing in active.Where(entry => !known.Contains(entry.Uid)).ToList())
        {
            active.Remove(missing);
            events.Add(new CronJobEvent(
                EventNote.Normal, "MissingJob", $"Active job went missing: {missing.Name}"));
        }

        return old with { Active = active.Count == 0 ? null : active, LastSuccessfulTime = success };
    }

    /// <summary>Finished Jobs beyond the limits of the history, those that started first.</summary>
    public static IReadOnlyList<Job> Surplus(CronJobState state)
    {
        var spec = state.CronJob.Spec;
        return
        [
            .. Oldest(state, "Complete", spec.SuccessfulJobsHistoryLimit),
            .. Oldest(state, "Failed", spec.FailedJobsHistoryLimit),
        ];
    }

    private static IEnumerable<Job> Oldest(CronJobState state, string type, int? limit)
    {
        var finished = state.Jobs.Where(job => JobState.IsOver(job)?.Type == type).ToList();
        return limit is not { } kept
            ? []
            : finished.OrderBy(job => job.Status?.StartTime ?? DateTimeOffset.MaxValue)
                .ThenBy(job => job.Metadata.Name, StringComparer.Ordinal)
                .Take(Math.Max(finished.Count - kept, 0));
    }
}
