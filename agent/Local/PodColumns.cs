using Edge.Proto.Model;

namespace Edge.Agent.Local;

/// <summary>
/// A pod's line as <c>kubectl get pods</c> prints it, with its namespace and where it comes from. Pure.
/// </summary>
internal static class PodColumns
{
    public static string[] Header { get; } = ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "SOURCE"];

    public static string[] For(Pod pod, DateTimeOffset now)
    {
        var status = pod.Status ?? new PodStatus();
        var containers = status.ContainerStatuses ?? [];
        var (restarts, last) = Restarts(status);
        var created = pod.Metadata.CreationTimestamp ?? status.StartTime;
        return
        [
            pod.Metadata.Namespace ?? "default",
            pod.Metadata.Name ?? "",
            $"{containers.Count(one => one is { Ready: true, State.Running: not null })}/{pod.Spec.Containers.Count}",
            Word(pod, status),
            restarts > 0 && last is { } at ? $"{restarts} ({HumanDuration.Of(now - at)} ago)" : $"{restarts}",
            created is { } since ? HumanDuration.Of(now - since) : "<unknown>",
            pod.Metadata.Annotations?.GetValueOrDefault(LocalPods.SourceAnnotation) switch
            {
                LocalPods.FileSource => "static",
                LocalPods.LocalSource => "local",
                "api" => "server",
                _ => "",
            },
        ];
    }

    private static string Word(Pod pod, PodStatus status)
    {
        if (pod.Metadata.DeletionTimestamp is not null && status.Phase is not ("Succeeded" or "Failed"))
        {
            return "Terminating";
        }

        if (pod.Metadata.Annotations?.ContainsKey(LocalDesk.HeldAnnotation) == true)
        {
            return "Held";
        }

        var initialized = status.Conditions?.Any(condition => condition is { Type: "Initialized", Status: "True" });
        return (initialized == true ? null : Init(pod, status)) ?? OfContainers(status);
    }

    /// <summary>Null when every init container has done its work.</summary>
    private static string? Init(Pod pod, PodStatus status)
    {
        var done = 0;
        foreach (var container in status.InitContainerStatuses ?? [])
        {
            if (container.State?.Terminated is { ExitCode: 0 })
            {
                done++;
                continue;
            }

            return container.State switch
            {
                { Terminated: { } ended } => $"Init:{Ended(ended)}",
                { Waiting.Reason: { Length: > 0 } reason } when reason != "PodInitializing" => $"Init:{reason}",
                _ => $"Init:{done}/{pod.Spec.InitContainers?.Count ?? 0}",
            };
        }

        return null;
    }

    private static string OfContainers(PodStatus status)
    {
        var word = status.Reason is { Length: > 0 } reason ? reason : status.Phase ?? "";
        var running = false;
        foreach (var container in (status.ContainerStatuses ?? []).Reverse())
        {
            switch (container.State)
            {
                case { Waiting.Reason: { Length: > 0 } waiting }:
                    word = waiting;
                    break;
                case { Terminated: { } ended }:
                    word = Ended(ended);
                    break;
                case { Running: not null } when container.Ready:
                    running = true;
                    break;
            }
        }

        var ready = status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" });
        return word == "Completed" && running ? ready == true ? "Running" : "NotReady" : word;
    }

    private static (int Count, DateTimeOffset? Last) Restarts(PodStatus status)
    {
        var (count, last) = (0, (DateTimeOffset?)null);
        foreach (var container in status.ContainerStatuses ?? [])
        {
            count += container.RestartCount;
            var at = container.LastState?.Terminated?.FinishedAt;
            last = last is null || at > last ? at ?? last : last;
        }

        return (count, last);
    }

    private static string Ended(ContainerStateTerminated ended) =>
        ended.Reason is { Length: > 0 } reason ? reason
        : ended.Signal is { } signal and not 0 ? $"Signal:{signal}"
        : $"ExitCode:{ended.ExitCode}";
}
