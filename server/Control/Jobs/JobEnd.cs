using Edge.Proto.Model;

namespace Edge.Server.Control.Jobs;

/// <summary>
/// What a Job comes to its end by: the interim condition FailureTarget or SuccessCriteriaMet, on which its pods go
/// before Failed or Complete is said (KEP 3939). Pure.
/// </summary>
internal static class JobEnd
{
    public const string Success = "SuccessCriteriaMet";
    public const string Failure = "FailureTarget";

    /// <summary>Null while the Job goes on. What was decided once stays.</summary>
    public static Condition? Of(JobTally tally, DateTimeOffset now)
    {
        var (job, spec) = (tally.State.Job, tally.State.Spec);
        if ((JobState.Find(job, Success) ?? JobState.Find(job, Failure)) is { } decided)
        {
            return decided;
        }

        foreach (var tracked in tally.Tracked)
        {
            if (tracked.Verdict?.FailsJob is { } why)
            {
                return New(Failure, "PodFailurePolicy", why, now);
            }
        }

        if (tally.Failures > (spec.BackoffLimit ?? 6) || RestartsTooOften(tally))
        {
            return New(Failure, "BackoffLimitExceeded", "Job has reached the specified backoff limit", now);
        }

        if (Deadline(tally.State) <= now)
        {
            return New(Failure, "DeadlineExceeded", "Job was active longer than specified deadline", now);
        }

        return Indexes(tally, now) ?? Completion(tally, now);
    }

    /// <summary>
    /// When the Job has been active for too long; null without a limit, or until its status says that it is resumed,
    /// because only then its start is a new one.
    /// </summary>
    public static DateTimeOffset? Deadline(JobState state) =>
        state.IsSuspended || JobState.Find(state.Job, "Suspended") is not null ? null
        : state.Spec.ActiveDeadlineSeconds is { } seconds ? state.Job.Status?.StartTime?.AddSeconds(seconds)
        : null;

    private static Condition? Indexes(JobTally tally, DateTimeOffset now)
    {
        var spec = tally.State.Spec;
        if (tally.Failed is { Count: > 0 and var failed })
        {
            if (failed > spec.MaxFailedIndexes)
            {
                return New(
                    Failure, "MaxFailedIndexesExceeded",
                    "Job has exceeded the specified maximal number of failed indexes", now);
            }

            if (failed + tally.Done.Count >= spec.Completions)
            {
                return New(Failure, "FailedIndexes", "Job has failed indexes", now);
            }
        }

        return SuccessRule(tally) is { } rule
            ? New(Success, "SuccessPolicy", $"Matched rules at index {rule}", now)
            : null;
    }

    /// <summary>The first rule of the success policy that holds (KEP 3998).</summary>
    private static int? SuccessRule(JobTally tally)
    {
        var rules = tally.State.Spec.SuccessPolicy?.Rules ?? [];
        for (var at = 0; at < rules.Count && tally.Done.Count > 0; at++)
        {
            var (rule, needed) = (rules[at], tally.Done.Count);
            var most = rule.SucceededCount;
            if (rule.SucceededIndexes is { } text)
            {
                var named = IndexSet.Parse(text, tally.State.Spec.Completions ?? 0);
                if (named.Count == 0)
                {
                    continue;
                }

                needed = named.CountOf(tally.Done);
                most ??= named.Count;
            }

            if (needed >= most)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>A Job without a number of completions is done when one pod succeeded and all have ended.</summary>
    private static Condition? Completion(JobTally tally, DateTimeOffset now) =>
        tally.Active.Count == 0 && tally.Succeeded >= (tally.State.Spec.Completions ?? 1)
            ? New(Success, "CompletionsReached", "Reached expected number of succeeded pods", now)
            : null;

    /// <summary>Where failed containers run again in their pod, their restarts count instead of failed pods.</summary>
    private static bool RestartsTooOften(JobTally tally)
    {
        var spec = tally.State.Spec;
        if (spec.Template.Spec is not { } pod || !pod.TryGetProperty("restartPolicy", out var policy)
            || policy.GetString() != "OnFailure")
        {
            return false;
        }

        var restarts = 0L;
        foreach (var active in tally.Pods)
        {
            restarts += active.Phase is "Running" or "Pending" ? active.RestartsTotal : 0;
        }

        return restarts >= Math.Max(spec.BackoffLimit ?? 6, 1);
    }

    private static Condition New(string type, string reason, string message, DateTimeOffset now) => new()
    {
        Type = type, Status = "True", Reason = reason, Message = message, LastProbeTime = now,
        LastTransitionTime = now,
    };
}
