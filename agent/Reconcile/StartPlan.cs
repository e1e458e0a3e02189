using Edge.Agent.Ledger;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Which containers are to be started now, and what each still lacks. Pure.</summary>
internal static class StartPlan
{
    public static void Add(PlanDraft draft, Pod pod)
    {
        if (EndPlan.Deadline(draft.View, pod) is { } deadline)
        {
            draft.WakeAt(deadline);
        }

        if (DevicePlan.Loss(draft.View) is { } loss)
        {
            draft.WakeAt(draft.View.Now + loss.Left);
        }

        // They look into a pod that does not come up, too; a sandbox is never made for them alone.
        foreach (var looking in draft.View.SandboxListed ? pod.Spec.EphemeralContainers ?? [] : [])
        {
            AddContainer(draft, pod, looking);
        }

        if (!AddInits(draft, pod))
        {
            return;
        }

        foreach (var container in pod.Spec.Containers)
        {
            AddContainer(draft, pod, container);
        }
    }

    /// <summary>
    /// Init containers in order, each after the one before it is done (a sidecar: has started). Once a container of the
    /// pod has begun, plain init containers are history. True when the containers may run.
    /// </summary>
    private static bool AddInits(PlanDraft draft, Pod pod)
    {
        var view = draft.View;
        var begun = Begun(view.Record, pod);
        var served = begun && pod.Spec.Containers.Any(container => view.IsRunning(container.Name));
        foreach (var init in pod.Spec.InitContainers ?? [])
        {
            if (PodShape.IsSidecar(init))
            {
                AddContainer(draft, pod, init);
                // After a reboot nothing of the pod runs, so the order holds again.
                if (!served && !HasStarted(view, init))
                {
                    return false;
                }
            }
            else if (!begun && view.Record.Of(init.Name).Exit is not { ExitCode: 0 })
            {
                AddContainer(draft, pod, init);
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Some container of the pod was started in the present sandbox, so its init containers are done.
    /// </summary>
    public static bool Begun(PodRecord record, Pod pod)
    {
        var initsDone = PodShape.PlainInits(pod).All(init => !record.Containers.ContainsKey(init.Name)
            || record.Of(init.Name).Exit is { ExitCode: 0 });
        return initsDone && pod.Spec.Containers.Any(container =>
            record.Of(container.Name) is { Started: true } or { Attempt: > 0 });
    }

    private static bool HasStarted(PodView view, Container sidecar) =>
        view.IsRunning(sidecar.Name)
        && (sidecar.StartupProbe is null || view.Record.Of(sidecar.Name).StartupDone);

    private static void AddContainer(PlanDraft draft, Pod pod, Container container)
    {
        var view = draft.View;
        var name = container.Name;
        var record = view.Record.Of(name);
        var seen = view.Current(name);
        var leftover = view.Containers.Any(other => other.Name == name && other != seen);
        if (seen is { State: SeenState.Running } || leftover)
        {
            // An older attempt leaves first; its removal brings the next look.
            return;
        }

        if (record.Exit is { } exit)
        {
            if (!IsDueAgain(draft, pod, container, exit) || IsHeldUp(draft, name))
            {
                return;
            }

            if (seen is not null)
            {
                draft.Add(new PodStep.Remove(name, seen.Id));
            }

            draft.Add(new PodStep.EnsureImage(name, container.Image ?? ""));
            draft.Add(new PodStep.BeginAttempt(name, record.Attempt + 1));
            CreateAndStart(draft, container, record.Attempt + 1);
            return;
        }

        if (IsHeldUp(draft, name))
        {
            return;
        }

        // What joins another container's processes was made for one process of it, which may be gone by now.
        var joins = container is EphemeralContainer { TargetContainerName.Length: > 0 };
        if (seen is not null && seen.SpecHash == ContainerIdentity.SpecHash(container) && !joins)
        {
            draft.Add(new PodStep.Start(name, seen.Id));
            return;
        }

        if (seen is not null)
        {
            draft.Add(new PodStep.Remove(name, seen.Id));
        }

        draft.Add(new PodStep.EnsureImage(name, container.Image ?? ""));
        CreateAndStart(draft, container, record.Attempt);
    }

    private static void CreateAndStart(PlanDraft draft, Container container, int attempt)
    {
        var id = ContainerId.For(draft.View.Uid, container.Name, attempt);
        draft.Add(new PodStep.Create(container.Name, id, attempt, ContainerIdentity.SpecHash(container)));
        draft.Add(new PodStep.Start(container.Name, id));
    }

    /// <summary>The policy lets it run again, and its back-off is over.</summary>
    private static bool IsDueAgain(PlanDraft draft, Pod pod, Container container, ContainerStateTerminated exit)
    {
        var view = draft.View;
        var record = view.Record.Of(container.Name);
        if (record.SpecHash is { } made && made != ContainerIdentity.SpecHash(container))
        {
            return true;
        }

        if (!MayRestart(pod, container, exit))
        {
            return false;
        }

        var due = RestartBackoff.Due(exit.FinishedAt ?? view.Now, record.BackoffLevel, view.Now);
        if (due <= view.Now)
        {
            return true;
        }

        draft.WakeAt(due);
        return false;
    }

    public static bool MayRestart(Pod pod, Container container, ContainerStateTerminated exit) =>
        PodShape.RestartPolicy(pod, container) switch
        {
            "Never" => false,
            "OnFailure" => exit.ExitCode != 0,
            _ => PodShape.IsSidecar(container) || !PodShape.IsInit(pod, container.Name) || exit.ExitCode != 0,
        };

    /// <summary>A fetch is under way, or something failed and its time to try again has not come.</summary>
    private static bool IsHeldUp(PlanDraft draft, string name)
    {
        var memory = draft.View.Memory.Of(name);
        if (memory.Obstacle is { } obstacle && obstacle.Holds(draft.View.Now))
        {
            draft.WakeAt(obstacle.RetryAt);
            return true;
        }

        return memory.Pulling is not null;
    }
}
