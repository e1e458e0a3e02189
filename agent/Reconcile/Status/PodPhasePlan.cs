using Edge.Proto.Model;

namespace Edge.Agent.Reconcile.Status;

/// <summary>The kubelet's phase rules over what the containers are. Pure.</summary>
internal static class PodPhasePlan
{
    public static string For(
        Pod pod, IReadOnlyList<ContainerStatus> inits, IReadOnlyList<ContainerStatus> containers)
    {
        var begun = containers.Any(status => status.State?.Waiting is null || status.LastState is not null);
        if (!begun && inits.Count > 0 && PendingInit(pod, inits) is { } init)
        {
            return init;
        }

        var waiting = containers.Any(status => status.State?.Waiting is not null && status.LastState is null);
        var running = containers.Any(status => status.State?.Running is not null);
        if (waiting)
        {
            return "Pending";
        }

        if (running || (pod.Spec.RestartPolicy ?? "Always") == "Always")
        {
            return "Running";
        }

        var ended = containers.All(status => status.State?.Terminated is not null);
        var succeeded = containers.All(status => status.State?.Terminated is { ExitCode: 0 });
        return succeeded ? "Succeeded" : ended && pod.Spec.RestartPolicy == "Never" ? "Failed" : "Running";
    }

    /// <summary>Pending or Failed while a plain init container is not done; null when all are.</summary>
    private static string? PendingInit(Pod pod, IReadOnlyList<ContainerStatus> inits)
    {
        var plain = PodShape.PlainInits(pod).Select(init => inits.First(status => status.Name == init.Name)).ToList();
        if (pod.Spec.RestartPolicy == "Never"
            && plain.Exists(status => status.State?.Terminated is { ExitCode: not 0 }))
        {
            return "Failed";
        }

        return plain.TrueForAll(status => status.State?.Terminated is { ExitCode: 0 }) ? null : "Pending";
    }
}
