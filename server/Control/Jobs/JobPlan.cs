using Edge.Proto.Model;
using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Jobs;

/// <summary>Something to tell of a Job.</summary>
internal sealed record JobEvent(string Type, string Reason, string Message);

/// <summary>What is to be done about a Job (batch/v1), and the status that describes what is there now. Pure.</summary>
/// <param name="Claims">Pods to take over and to let go.</param>
/// <param name="Scale">Pods too many and pods missing, of a Job that goes on.</param>
/// <param name="End">Active pods to delete, because the Job has come to its end.</param>
/// <param name="Count">Ended pods that <paramref name="Status"/> counts and <see cref="JobFinalizer"/> leaves.</param>
/// <param name="Status">The status; to be written together with what it counts, or not at all.</param>
/// <param name="Events">What is new in the status.</param>
/// <param name="CheckAgain">When to look again without an event, or null.</param>
internal sealed record JobPlan(
    PodClaims Claims, JobScale Scale, IReadOnlyList<PodView> End, IReadOnlyList<PodView> Count, JobStatus Status,
    IReadOnlyList<JobEvent> Events, TimeSpan? CheckAgain)
{
    public bool Acts => Claims.Adopt.Count + Claims.Release.Count + Scale.Drop.Count + Scale.Create.Count + End.Count
        > 0;

    public static JobPlan Of(JobState state, DateTimeOffset now)
    {
        var job = state.Job;
        if (state.IsManagedElsewhere || state.IsFinished)
        {
            return new JobPlan(
                new PodClaims([], [], []), JobScale.None, [], [], job.Status ?? new JobStatus(), [], null);
        }

        var claims = PodClaims.Of(job.Metadata, job.Spec.Selector, state.Owned, state.Unowned);
        var tally = new JobTally(state, [.. claims.All]);
        var end = JobEnd.Of(tally, now);
        var goesOn = end is null && job.Metadata.DeletionTimestamp is null;
        var scale = goesOn ? JobScale.Of(tally, now) : JobScale.None;
        var (status, counted, events) = JobReport.Of(tally, end, now);
        return new JobPlan(
            claims, scale, end is null ? [] : tally.Active, counted, status, events,
            goesOn ? Sooner(scale.Wait, JobEnd.Deadline(state with { Job = job with { Status = status } }) - now)
                : null);
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) =>
        one is null ? other : other is null || one < other ? one : other;
}
