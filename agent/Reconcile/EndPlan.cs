using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

internal enum PodEnd
{
    /// <summary>Gone from desired without a deletion that was reported: a force delete.</summary>
    Vanished,

    /// <summary>It carries a deletion timestamp.</summary>
    Deleted,

    /// <summary>The server may have given it to another node.</summary>
    Fenced,

    /// <summary>Its end is recorded; what is left of it leaves the node.</summary>
    Ended,

    /// <summary>It ran longer than <c>activeDeadlineSeconds</c>.</summary>
    PastDeadline,

    /// <summary>A device of it is not well, and it is made again elsewhere.</summary>
    DeviceLost,
}

/// <summary>
/// How a pod leaves the node: processes first, then containers, volumes and sandbox, then the record. Pure.
/// </summary>
internal static class EndPlan
{
    public static PodEnd? Reason(PodView view)
    {
        if (view.Pod is not { } pod)
        {
            return PodEnd.Vanished;
        }

        if (pod.Metadata.DeletionTimestamp is not null)
        {
            return PodEnd.Deleted;
        }

        if (view.Record.TerminalPhase is not null)
        {
            return PodEnd.Ended;
        }

        if (Deadline(view, pod) is { } deadline && deadline <= view.Now)
        {
            return PodEnd.PastDeadline;
        }

        return view.Fenced ? PodEnd.Fenced
            : DevicePlan.Loss(view) is { } loss && loss.Left <= TimeSpan.Zero ? PodEnd.DeviceLost
            : null;
    }

    public static DateTimeOffset? Deadline(PodView view, Pod pod) => pod.Spec.ActiveDeadlineSeconds is { } seconds
        ? view.Record.StartTime + TimeSpan.FromSeconds(seconds)
        : null;

    public static void Add(PlanDraft draft, PodEnd end)
    {
        var view = draft.View;
        if (end == PodEnd.PastDeadline)
        {
            // Recorded before the first signal: a restart in between must not begin the pod again.
            draft.Add(new PodStep.Finish(
                "Failed", "DeadlineExceeded", "Pod was active on the node longer than the specified deadline"));
        }
        else if (end == PodEnd.DeviceLost)
        {
            draft.Add(new PodStep.Finish("Failed", DevicePlan.Reason, DevicePlan.Loss(view)?.Message));
        }

        var running = StopInOrder(draft, Grace(draft));
        if (running)
        {
            return;
        }

        foreach (var seen in view.Containers)
        {
            draft.Add(new PodStep.Remove(seen.Name, seen.Id));
        }

        Release(draft, end);
    }

    /// <summary>
    /// Why ever a pod ends: when its lease is over, what it gets counts from there and is the description's, because
    /// the server waits no longer.
    /// </summary>
    private static long Grace(PlanDraft draft)
    {
        var view = draft.View;
        if (view.Pod is not { } pod)
        {
            return view.Record.GraceSeconds;
        }

        if (view.FencedFor is not { } fenced)
        {
            return PodShape.GraceSeconds(pod);
        }

        var rest = Fencing.Grace(pod) - fenced;
        if (rest <= TimeSpan.Zero)
        {
            return 0;
        }

        draft.WakeAt(view.Now + rest);
        return PodShape.GraceSeconds(pod);
    }

    /// <summary>Sidecars outlive the containers they serve; a forced end spares nobody.</summary>
    private static bool StopInOrder(PlanDraft draft, long grace)
    {
        var view = draft.View;
        var running = view.Containers.Where(seen => seen.State == SeenState.Running).ToList();
        var sidecars = running.Where(seen => view.Pod is { } pod
            && PodShape.Sidecars(pod).Any(sidecar => sidecar.Name == seen.Name)).ToList();
        var first = running.Count > sidecars.Count && grace > 0 ? running.Except(sidecars) : running;
        foreach (var seen in first)
        {
            draft.Stop(seen, grace, $"Stopping container {seen.Name}");
        }

        return running.Count > 0;
    }

    private static void Release(PlanDraft draft, PodEnd end)
    {
        var view = draft.View;
        var leaves = end is PodEnd.Vanished or PodEnd.Deleted;
        var stands = view.SandboxListed || view.Record.SandboxUp || view.Containers.Count > 0;
        if (leaves || (stands && end != PodEnd.Fenced))
        {
            draft.Add(new PodStep.ReleaseVolumes());
        }

        if (leaves || stands)
        {
            draft.Add(new PodStep.RemoveSandbox());
        }

        if (end == PodEnd.Deleted)
        {
            draft.Add(new PodStep.FinishRemoval());
        }
        else if (end == PodEnd.Vanished)
        {
            draft.Add(new PodStep.Forget());
        }
    }
}
