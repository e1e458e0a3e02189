using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// What is to be done for one pod now, in order: stop, detach, release, then attach, fetch, create, start. Pure and
/// printable; <see cref="WakeAt"/> says when time alone changes the answer.
/// </summary>
internal sealed record PodPlan(IReadOnlyList<PodStep> Steps, DateTimeOffset? WakeAt)
{
    public static PodPlan For(PodView view)
    {
        var draft = new PlanDraft(view);
        if (view.Record.Removed)
        {
            // Wanted again, and not to be deleted: the server was restored from a backup. The pod begins anew, but one
            // that was over before it was deleted stays over.
            if (view.Pod is null or { Metadata.DeletionTimestamp: null })
            {
                var stays = view.Pod is not null && view.Record.TerminalPhase is not null;
                draft.Add(stays ? new PodStep.UndoRemoval() : new PodStep.Forget());
            }

            return draft.Build();
        }

        if (EndPlan.Reason(view) is { } end)
        {
            EndPlan.Add(draft, end);
        }
        else
        {
            AddRunning(draft);
        }

        return draft.Build();
    }

    public override string ToString() =>
        string.Join('\n', Steps.Select(step => step.ToString()))
        + (WakeAt is { } at ? $"{(Steps.Count > 0 ? "\n" : "")}wake at {at.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}" : "");

    private static void AddRunning(PlanDraft draft)
    {
        var view = draft.View;
        var pod = view.Pod!;
        RemoveLeftovers(draft, pod);
        if (view.Refused is not null)
        {
            return;
        }

        if (PodOutcome.Of(view) is { } phase)
        {
            FinishWhenQuiet(draft, pod, phase);
            return;
        }

        StopUnfit(draft, pod);
        var adds = new PlanDraft(view);
        StartPlan.Add(adds, pod);
        draft.TakeWakes(adds);
        var sandboxLost = !view.SandboxListed && view.Containers.Any(seen => seen.State == SeenState.Running);
        if (sandboxLost)
        {
            foreach (var seen in view.Containers.Where(seen => seen.State == SeenState.Running))
            {
                draft.Kill(seen, "its sandbox is gone");
            }

            return;
        }

        AddPodParts(draft, adds);
    }

    /// <summary>The sandbox and the volumes come before any container, and only when something needs them.</summary>
    private static void AddPodParts(PlanDraft draft, PlanDraft adds)
    {
        var view = draft.View;
        var anyRunning = view.Containers.Any(seen => seen.State == SeenState.Running);
        if (!anyRunning && adds.Steps.Count == 0)
        {
            return;
        }

        if (view.Memory.Obstacle is { } obstacle && obstacle.Holds(view.Now))
        {
            draft.WakeAt(obstacle.RetryAt);
            return;
        }

        if (view.Memory.Sandbox is null || !view.SandboxListed)
        {
            draft.Add(new PodStep.MakeSandbox());
        }

        var stale = view.VolumeDigest is null || view.Memory.VolumeDigest != view.VolumeDigest;
        if (stale && (view.VolumeDigest is not null || adds.Steps.Count > 0))
        {
            // With an object missing the step fails with Kubernetes' message, and nothing after it runs.
            draft.Add(new PodStep.WriteVolumes());
        }

        draft.AddAll(adds);
    }

    /// <summary>
    /// Containers of older attempts, and of names the pod does not have, leave before anything is added.
    /// </summary>
    private static void RemoveLeftovers(PlanDraft draft, Pod pod)
    {
        var view = draft.View;
        foreach (var seen in view.Containers)
        {
            var current = PodShape.Find(pod, seen.Name) is not null && seen == view.Current(seen.Name);
            if (current)
            {
                continue;
            }

            if (seen.State == SeenState.Running)
            {
                draft.Kill(seen, "belongs to no current attempt");
            }
            else
            {
                draft.Add(new PodStep.Remove(seen.Name, seen.Id));
            }
        }
    }

    /// <summary>
    /// A container whose image or resources changed, or that failed its liveness, is stopped with its grace.
    /// </summary>
    private static void StopUnfit(PlanDraft draft, Pod pod)
    {
        var view = draft.View;
        foreach (var container in PodShape.All(pod))
        {
            if (view.Current(container.Name) is not { State: SeenState.Running } seen)
            {
                continue;
            }

            if (seen.SpecHash != ContainerIdentity.SpecHash(container))
            {
                draft.Stop(
                    seen, PodShape.GraceSeconds(pod),
                    $"Container {container.Name} definition changed, will be restarted");
            }
            else if (view.Verdict(container.Name).Failure is { } failure)
            {
                var again = PodShape.RestartPolicy(pod, container) == "Never" ? "" : ", will be restarted";
                draft.Stop(
                    seen,
                    failure.GraceSeconds ?? PodShape.GraceSeconds(pod),
                    $"Container {container.Name} failed {failure.Kind} probe{again}");
            }
            else if (view.Memory.Of(container.Name).StoppingSince is not null)
            {
                // Asked to end for a reason that is gone since (the image was changed back): a signal cannot be unsent.
                draft.Stop(seen, PodShape.GraceSeconds(pod), $"Container {container.Name} was asked to end");
            }
        }
    }

    /// <summary>Sidecars end after the last container; only then is the pod's end recorded.</summary>
    private static void FinishWhenQuiet(PlanDraft draft, Pod pod, string phase)
    {
        var view = draft.View;
        var running = view.Containers.Where(seen => seen.State == SeenState.Running).ToList();
        foreach (var seen in running)
        {
            draft.Stop(seen, PodShape.GraceSeconds(pod), $"Stopping container {seen.Name}");
        }

        if (running.Count == 0)
        {
            draft.Add(new PodStep.Finish(phase, null, null));
        }
    }
}
