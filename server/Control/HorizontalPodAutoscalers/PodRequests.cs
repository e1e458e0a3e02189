using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What pods request of a resource: a share of use is a share of this. Pure.</summary>
internal static class PodRequests
{
    /// <summary>By pod in thousandths, of one container or of all that run with the pod; or what is missing.</summary>
    public static (Dictionary<string, long> Requests, string? Fault) Of(
        IReadOnlyList<Pod> pods, string? container, string resource)
    {
        var requests = new Dictionary<string, long>();
        foreach (var pod in pods)
        {
            var sum = 0L;
            foreach (var one in pod.Spec.Containers.Concat((pod.Spec.InitContainers ?? []).Where(IsSidecar)))
            {
                if (container is not null && container != one.Name)
                {
                    continue;
                }

                if (one.Resources?.Requests is not { } asked || !asked.TryGetValue(resource, out var amount))
                {
                    return (requests,
                        $"missing request for {resource} in container {one.Name} of Pod {pod.Metadata.Name}");
                }

                sum = (long)Math.Min((decimal)sum + amount.MilliValue, long.MaxValue);
            }

            requests[pod.Metadata.Name ?? ""] = sum;
        }

        return (requests, null);
    }

    private static bool IsSidecar(Container container) => container.RestartPolicy == "Always";
}
