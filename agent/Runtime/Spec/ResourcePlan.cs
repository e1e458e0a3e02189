using Edge.Proto.Model;

namespace Edge.Agent.Runtime.Spec;

/// <summary>Kubernetes' quality of service classes.</summary>
internal enum PodQos
{
    Guaranteed,
    Burstable,
    BestEffort,
}

/// <summary>Quality of service, control group paths, shares, quota, memory and the OOM score. Pure.</summary>
internal static class ResourcePlan
{
    private const long PeriodMicroseconds = 100_000;

    public static PodQos QosOf(PodSpec spec)
    {
        var containers = spec.Containers.Concat(spec.InitContainers ?? []).ToList();
        if (!containers.Exists(container => IsSet(container, "cpu") || IsSet(container, "memory")))
        {
            return PodQos.BestEffort;
        }

        return containers.TrueForAll(container => IsPinned(container, "cpu") && IsPinned(container, "memory"))
            ? PodQos.Guaranteed
            : PodQos.Burstable;
    }

    /// <summary>The control group of a pod; guaranteed pods stand directly under the root, as with kubelet.</summary>
    public static string PodCgroup(string root, PodQos qos, string uid) => qos switch
    {
        PodQos.Guaranteed => $"{root}/pod{uid}",
        PodQos.Burstable => $"{root}/burstable/pod{uid}",
        PodQos.BestEffort => $"{root}/besteffort/pod{uid}",
    };

    public static OciCpu Cpu(ResourceRequirements? resources)
    {
        var limit = Amount(resources?.Limits, "cpu");
        var request = Amount(resources?.Requests, "cpu") ?? limit;
        var shares = Math.Clamp(Bounded(request?.MilliValue ?? 0) * 1024 / 1000, 2, 262144);
        return limit is { MilliValue: > 0 } bound
            ? new OciCpu(
                (ulong)shares,
                Math.Max(1000, Bounded(bound.MilliValue) * PeriodMicroseconds / 1000),
                (ulong)PeriodMicroseconds)
            : new OciCpu((ulong)shares, null, null);
    }

    /// <summary>Thousandths of a core, at most a million cores: what follows multiplies them.</summary>
    private static long Bounded(long milli) => Math.Clamp(milli, 0, 1_000_000_000);

    /// <summary>Swap equal to memory: a limited container does not swap.</summary>
    public static OciMemory? Memory(ResourceRequirements? resources, bool swapAccounting) =>
        Amount(resources?.Limits, "memory") is { Units: > 0 } limit
            ? new OciMemory(limit.Units, swapAccounting ? limit.Units : null)
            : null;

    /// <summary>kubelet's scores; what is below the agent's own needs a capability that it may not have.</summary>
    public static int OomScore(PodSpec spec, Container container, long nodeMemoryBytes, int floor)
    {
        const int systemCritical = 2_000_000_000;
        var score = spec.Priority >= systemCritical ? -997 : QosOf(spec) switch
        {
            PodQos.Guaranteed => -997,
            PodQos.BestEffort => 1000,
            PodQos.Burstable => Burstable(container, nodeMemoryBytes),
        };
        return Math.Max(score, floor);
    }

    private static int Burstable(Container container, long nodeMemoryBytes)
    {
        var request = (Amount(container.Resources?.Requests, "memory")
            ?? Amount(container.Resources?.Limits, "memory"))?.Units ?? 0;
        return (int)Math.Clamp(1000 - 1000 * request / Math.Max(1, nodeMemoryBytes), 3, 999);
    }

    private static bool IsSet(Container container, string resource) =>
        Amount(container.Resources?.Requests, resource) is { Value: > 0 }
        || Amount(container.Resources?.Limits, resource) is { Value: > 0 };

    private static bool IsPinned(Container container, string resource) =>
        Amount(container.Resources?.Limits, resource) is { Value: > 0 } limit
        && (Amount(container.Resources?.Requests, resource) ?? limit).CompareTo(limit) == 0;

    private static Quantity? Amount(IReadOnlyDictionary<string, Quantity>? map, string resource) =>
        map is not null && map.TryGetValue(resource, out var quantity) ? quantity : null;
}
