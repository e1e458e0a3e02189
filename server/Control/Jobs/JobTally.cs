using Edge.Server.Control.Workloads;

namespace Edge.Server.Control.Jobs;

/// <summary>How a pod ended that its Job has not counted yet.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Verdict">What its failure means; null for one that did not fail.</param>
internal readonly record struct TrackedPod(PodView Pod, FailureVerdict? Verdict);

/// <summary>
/// What the pods of a Job come to: those that the status counts already, and those that ended since and still have
/// <see cref="JobFinalizer"/>. No pod is in both, because both change in one transaction. Pure.
/// </summary>
internal sealed class JobTally
{
    public JobTally(JobState state, IReadOnlyList<PodView> pods)
    {
        (State, Pods) = (state, pods);
        var status = state.Job.Status;
        var limit = state.Spec.Completions ?? 0;
        Completed = state.IsIndexed ? IndexSet.Parse(status?.CompletedIndexes, limit) : IndexSet.Empty;
        Failures = status?.Failed ?? 0;
        var succeeded = 0;
        List<int> done = [], failed = [];
        foreach (var pod in pods)
        {
            Look(pod);
            if (!pod.IsTracked)
            {
                continue;
            }

            var tracked = new TrackedPod(pod, Verdict(pod));
            Tracked.Add(tracked);
            var index = state.IndexOf(pod);
            if (state.IsIndexed && index < 0)
            {
                continue;
            }

            if (pod.Phase == "Succeeded")
            {
                succeeded++;
                done.Add(index);
            }
            else if (tracked.Verdict is { } verdict)
            {
                Failures += verdict.Counts ? 1 : 0;
                if (FailsIndex(pod, verdict))
                {
                    failed.Add(index);
                }
            }
        }

        Done = state.IsIndexed ? Completed.With(done) : IndexSet.Empty;
        Failed = state.Spec.BackoffLimitPerIndex is null
            ? null
            : IndexSet.Parse(status?.FailedIndexes, limit).With(failed);
        Succeeded = state.IsIndexed ? Done.Count : (status?.Succeeded ?? 0) + succeeded;
    }

    public JobState State { get; }

    /// <summary>All pods that the Job claims.</summary>
    public IReadOnlyList<PodView> Pods { get; }

    /// <summary>Pods that run, or will; one on a node out of reach may be doing its work, and counts.</summary>
    public List<PodView> Active { get; } = [];

    public int Ready { get; private set; }

    /// <summary>Pods on their way out that have not ended.</summary>
    public int Terminating { get; private set; }

    /// <summary>Pods that are not counted yet, the active ones among them.</summary>
    public List<TrackedPod> Tracked { get; } = [];

    public int Succeeded { get; }

    public int Failures { get; }

    /// <summary>Indexes that the status says are done.</summary>
    public IndexSet Completed { get; }

    /// <summary>The same, and those that were done since.</summary>
    public IndexSet Done { get; }

    /// <summary>Indexes that are given up; null where indexes have no limits of their own.</summary>
    public IndexSet? Failed { get; }

    private void Look(PodView pod)
    {
        if (pod.IsActive)
        {
            Active.Add(pod);
            // Of a pod out of reach nobody knows whether it is still ready.
            Ready += pod.IsReady && !State.Absent.Contains(pod.NodeName) ? 1 : 0;
        }
        else if (pod is { IsFinished: false, IsGone: false })
        {
            Terminating++;
        }
    }

    /// <summary>Null unless the pod counts as one that failed.</summary>
    private FailureVerdict? Verdict(PodView pod)
    {
        // A node that has nothing left of a pod need not have said how it ended.
        var failed = pod.Phase == "Failed"
            || (pod.IsDeleting && pod.Phase != "Succeeded" && (pod.IsGone || !State.WaitsForTheEnd));
        return failed ? Judge(pod) : null;
    }

    public FailureVerdict Judge(PodView pod) =>
        FailurePolicy.Judge(State.Spec.PodFailurePolicy, State.Whole.GetValueOrDefault(pod.Uid));

    private bool FailsIndex(PodView pod, FailureVerdict verdict) =>
        State.Spec.BackoffLimitPerIndex is { } limit
        && (verdict.FailsIndex
            || (verdict.Counts && JobState.Number(pod, JobState.FailuresAnnotation, 0) >= limit));
}
