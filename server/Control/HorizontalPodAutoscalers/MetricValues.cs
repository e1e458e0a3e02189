using Edge.Proto.Model;

namespace Edge.Server.Control.HorizontalPodAutoscalers;

/// <summary>What each pod uses of one resource. Pure.</summary>
internal static class MetricValues
{
    private const long NanoPerMilli = 1_000_000;

    /// <summary>By pod, of one container or of all; or why there is none.</summary>
    public static (Dictionary<string, MetricValue> Values, string? Fault) Of(
        AutoscalerState state, string? container, string resource)
    {
        var values = new Dictionary<string, MetricValue>();
        string[] names = [.. state.Samples.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        foreach (var name in names)
        {
            var sample = state.Samples[name];
            var containers = sample.Usage.Containers ?? new Dictionary<string, ResourceUsage>();
            if (container is not null && !containers.ContainsKey(container))
            {
                return (values, "failed to get container metrics: "
                    + $"container {container} not present in metrics for pod {sample.Usage.Namespace}/{name}");
            }

            long? sum = null;
            foreach (var (of, usage) in containers)
            {
                if ((container is null || of == container) && Milli(usage, resource) is { } used)
                {
                    sum = (sum ?? 0) + used;
                }
            }

            if (sum is { } total)
            {
                values[name] = new MetricValue(
                    total, sample.At, TimeSpan.FromMilliseconds(sample.Usage.WindowMilliseconds));
            }
        }

        return (values, state.Samples.Count == 0 ? "no metrics returned from resource metrics API" : null);
    }

    /// <summary>Rounded up, as Kubernetes reads a quantity.</summary>
    private static long? Milli(ResourceUsage usage, string resource) => resource switch
    {
        "cpu" => (usage.CpuNanocores + NanoPerMilli - 1) / NanoPerMilli,
        "memory" => usage.MemoryBytes * 1000,
        _ => null,
    };
}
