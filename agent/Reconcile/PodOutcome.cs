using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Whether the pod is over by its own containers' exits, and how. Pure.</summary>
internal static class PodOutcome
{
    /// <summary><c>Succeeded</c>, <c>Failed</c>, or null while something runs or will run.</summary>
    public static string? Of(PodView view)
    {
        var pod = view.Pod!;
        var policy = pod.Spec.RestartPolicy ?? "Always";
        if (policy == "Always")
        {
            return null;
        }

        if (policy == "Never" && PodShape.PlainInits(pod).Any(init => Exit(view, init) is { ExitCode: not 0 }))
        {
            return "Failed";
        }

        var exits = pod.Spec.Containers.Select(container => Exit(view, container)).ToList();
        if (exits.Exists(exit => exit is null) || AnyChanged(view, pod))
        {
            return null;
        }

        var failed = exits.Exists(exit => exit!.ExitCode != 0);
        return !failed ? "Succeeded" : policy == "Never" ? "Failed" : null;
    }

    private static ContainerStateTerminated? Exit(PodView view, Container container) =>
        view.Record.Of(container.Name).Exit;

    /// <summary>A container that was stopped because its image changed starts again whatever the policy.</summary>
    private static bool AnyChanged(PodView view, Pod pod) => pod.Spec.Containers.Any(container =>
        view.Record.Of(container.Name).SpecHash is { } made && made != ContainerIdentity.SpecHash(container));
}
