using Edge.Agent.Ledger;
using Edge.Agent.Runtime;
using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Status;

/// <summary>
/// One container's status as the kubelet writes it: what it is now, and how its last attempt ended. Pure.
/// </summary>
internal static class ContainerStatusPlan
{
    public static ContainerStatus For(PodView view, Container container)
    {
        var record = view.Record.Of(container.Name);
        var seen = view.Current(container.Name);
        var running = seen is { State: SeenState.Running } && record.Exit is null;
        var state = State(view, container, record, running ? seen : null);
        var last = state.Waiting is not null && record.Exit is not null ? record.Exit : record.LastExit;
        var started = running && (container.StartupProbe is null || record.StartupDone);
        return new ContainerStatus
        {
            Name = container.Name,
            State = state,
            LastState = last is null ? null : new ContainerState { Terminated = last },
            Ready = IsReady(view, container, record, state, started),
            Started = container is EphemeralContainer ? null
                : PodShape.IsInit(view.Pod!, container.Name) && !PodShape.IsSidecar(container) ? running
                : started,
            RestartCount = record.RestartCount,
            Image = container.Image ?? "",
            ImageID = record.ImageDigest ?? "",
            ContainerID = seen is null && !record.Started
                ? record.LastExit?.ContainerID
                : PodShape.ShownId(ContainerId.For(view.Uid, container.Name, record.Attempt)),
            AllocatedResourcesStatus = DeviceStatusPlan.HealthOf(view, container.Name),
        };
    }

    /// <summary>
    /// A plain init container is ready once it is done; the others when they run and their probe agrees. One that was
    /// added to look into the pod serves nobody.
    /// </summary>
    private static bool IsReady(
        PodView view, Container container, ContainerRecord record, ContainerState state, bool started)
    {
        var plainInit = PodShape.IsInit(view.Pod!, container.Name) && !PodShape.IsSidecar(container);
        return plainInit
            ? state.Terminated is { ExitCode: 0 }
            : container is not EphemeralContainer && started && (container.ReadinessProbe is null || record.Ready);
    }

    private static ContainerState State(
        PodView view, Container container, ContainerRecord record, SeenContainer? running)
    {
        if (running is not null)
        {
            return new ContainerState { Running = new ContainerStateRunning { StartedAt = running.StartedAt } };
        }

        if (record.Exit is { } exit)
        {
            return RestartWait(view, container, record, exit) is { } wait
                ? new ContainerState { Waiting = wait }
                : new ContainerState { Terminated = exit };
        }

        return new ContainerState { Waiting = FirstWait(view, container) };
    }

    /// <summary>Why an ended container is not back yet; null when it stays ended, or begins again at once.</summary>
    private static ContainerStateWaiting? RestartWait(
        PodView view, Container container, ContainerRecord record, ContainerStateTerminated exit)
    {
        var pod = view.Pod!;
        if (EndPlan.Reason(view) is not null || !StartPlan.MayRestart(pod, container, exit))
        {
            return null;
        }

        if (Trouble(view, container) is { } trouble)
        {
            return trouble;
        }

        if (exit.Reason == "StartError" && record.BackoffLevel <= 1)
        {
            return new ContainerStateWaiting { Reason = "RunContainerError", Message = exit.Message };
        }

        var due = RestartBackoff.Due(exit.FinishedAt ?? view.Now, record.BackoffLevel, view.Now);
        return due <= view.Now
            ? null
            : new ContainerStateWaiting
            {
                Reason = "CrashLoopBackOff",
                Message = $"back-off {RestartBackoff.Print(RestartBackoff.Delay(record.BackoffLevel))} "
                    + $"restarting failed container={container.Name} pod={PodShape.FullName(pod)}",
            };
    }

    private static ContainerStateWaiting FirstWait(PodView view, Container container)
    {
        if (view.Refused is { } refusal)
        {
            return new ContainerStateWaiting { Reason = "UnsupportedPod", Message = refusal };
        }

        if (view.Fenced)
        {
            return new ContainerStateWaiting
            {
                Reason = "WaitingForServer",
                Message = "the pod tolerates being unreachable only for a time, so it waits for the server's word",
            };
        }

        if (Trouble(view, container) is { } trouble)
        {
            return trouble;
        }

        var pod = view.Pod!;
        var waitsForInit = !PodShape.IsInit(pod, container.Name) && !StartPlan.Begun(view.Record, pod)
            && (pod.Spec.InitContainers ?? []).Any(init => PodShape.IsSidecar(init)
                ? !view.IsRunning(init.Name)
                : view.Record.Of(init.Name).Exit is not { ExitCode: 0 });
        return new ContainerStateWaiting { Reason = waitsForInit ? "PodInitializing" : "ContainerCreating" };
    }

    private static ContainerStateWaiting? Trouble(PodView view, Container container) =>
        view.Memory.Of(container.Name).Obstacle is { Reason.Length: > 0 } obstacle
            ? new ContainerStateWaiting { Reason = obstacle.Reason, Message = obstacle.Message }
            : null;
}
