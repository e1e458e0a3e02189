using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Status;

/// <summary>
/// A pod's conditions, with the kubelet's reasons; a transition time moves only with the status. Pure.
/// </summary>
internal static class ConditionPlan
{
    public static IReadOnlyList<Condition> For(
        PodView view, string phase, IReadOnlyList<ContainerStatus> inits, IReadOnlyList<ContainerStatus> containers)
    {
        var sandbox = view.SandboxListed && view.Record.TerminalPhase is null;
        var ready = Ready("Ready", phase, inits, containers, view.Pod!);
        var conditions = new List<Condition>
        {
            Keep(view, new Condition { Type = "PodReadyToStartContainers", Status = Text(sandbox) }),
            Keep(view, Initialized(view, phase, inits, containers)),
            Keep(view, ready),
            Keep(view, ready with { Type = "ContainersReady" }),
            Keep(view, new Condition { Type = "PodScheduled", Status = "True" }),
        };
        if (DeviceStatusPlan.ConditionOf(view) is { } devices)
        {
            conditions.Add(Keep(view, devices));
        }

        if (view.Record.Reason == DevicePlan.Reason)
        {
            // As after each eviction by the kubelet: a Job's podFailurePolicy can tell it from a failure of its own.
            conditions.Add(Keep(view, new Condition
            {
                Type = "DisruptionTarget",
                Status = "True",
                Reason = "TerminationByKubelet",
                Message = view.Record.Message,
            }));
        }

        return conditions;
    }

    private static Condition Initialized(
        PodView view, string phase, IReadOnlyList<ContainerStatus> inits, IReadOnlyList<ContainerStatus> containers)
    {
        if (phase == "Succeeded")
        {
            return new Condition { Type = "Initialized", Status = "True", Reason = "PodCompleted" };
        }

        var begun = containers.Any(status => status.State?.Waiting is null || status.LastState is not null);
        var waiting = inits.Where(status => !IsInitDone(view, status)).Select(status => status.Name).ToList();
        return begun || waiting.Count == 0
            ? new Condition { Type = "Initialized", Status = "True" }
            : new Condition
            {
                Type = "Initialized",
                Status = "False",
                Reason = "ContainersNotInitialized",
                Message = $"containers with incomplete status: [{string.Join(' ', waiting)}]",
            };
    }

    private static bool IsInitDone(PodView view, ContainerStatus status) =>
        PodShape.Find(view.Pod, status.Name) is { } init && PodShape.IsSidecar(init)
            ? status.Started == true
            : status.State?.Terminated is { ExitCode: 0 };

    private static Condition Ready(
        string type,
        string phase,
        IReadOnlyList<ContainerStatus> inits,
        IReadOnlyList<ContainerStatus> containers,
        Pod pod)
    {
        if (phase is "Succeeded" or "Failed")
        {
            var reason = phase == "Succeeded" ? "PodCompleted" : "PodFailed";
            return new Condition { Type = type, Status = "False", Reason = reason };
        }

        var sidecars = inits.Where(status => PodShape.Sidecars(pod).Any(sidecar => sidecar.Name == status.Name));
        var unready = sidecars.Concat(containers).Where(status => !status.Ready).Select(status => status.Name).ToList();
        return unready.Count == 0
            ? new Condition { Type = type, Status = "True" }
            : new Condition
            {
                Type = type,
                Status = "False",
                Reason = "ContainersNotReady",
                Message = $"containers with unready status: [{string.Join(' ', unready)}]",
            };
    }

    private static Condition Keep(PodView view, Condition now)
    {
        foreach (var before in view.Record.Conditions)
        {
            if (before.Type == now.Type && before.Status == now.Status)
            {
                return now with { LastTransitionTime = before.LastTransitionTime };
            }
        }

        return now with { LastTransitionTime = view.Now };
    }

    private static string Text(bool value) => value ? "True" : "False";
}
