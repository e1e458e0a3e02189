using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>A host port that a pod claims on its node; an empty address means all addresses.</summary>
internal readonly record struct HostPortClaim(string Protocol, string Address, int Port)
{
    /// <summary>Two claims of all addresses, of the same one, or of one and all, exclude each other.</summary>
    public bool Excludes(HostPortClaim other) =>
        Port == other.Port && Protocol == other.Protocol
        && (Address.Length == 0 || other.Address.Length == 0 || Address == other.Address);
}

/// <summary>All that placing a pod needs to know of it, worked out once.</summary>
internal sealed record PodDemand
{
    /// <summary>
    /// Counted for a pod that names no cpu request, so that such pods spread too (kube-scheduler's value).
    /// </summary>
    private const long DefaultMilliCpu = 100;

    /// <summary>Counted for a pod that names no memory request (kube-scheduler's value, 200 MB).</summary>
    private const long DefaultMemory = 200L * 1024 * 1024;

    public required string Namespace { get; init; }
    public required string Name { get; init; }
    public required string Uid { get; init; }
    public required ResourceAmounts Requests { get; init; }

    /// <summary>What the scores count: the requests, or a default where there is none.</summary>
    public required long ScoredMilliCpu { get; init; }
    public required long ScoredMemory { get; init; }
    public required IReadOnlyList<HostPortClaim> HostPorts { get; init; }
    public required IReadOnlyList<Toleration> Tolerations { get; init; }
    public required IReadOnlyDictionary<string, string> NodeSelector { get; init; }
    public required NodeSelector? RequiredAffinity { get; init; }
    public required IReadOnlyList<PreferredSchedulingTerm> PreferredAffinity { get; init; }
    public required IReadOnlyList<string> Images { get; init; }
    public required int Priority { get; init; }

    public static PodDemand From(Pod pod)
    {
        var spec = pod.Spec;
        var requests = RequestsOf(spec);
        var affinity = spec.Affinity?.NodeAffinity;
        return new PodDemand
        {
            Namespace = pod.Metadata.Namespace ?? "",
            Name = pod.Metadata.Name ?? "",
            Uid = pod.Metadata.Uid ?? "",
            Requests = requests,
            ScoredMilliCpu = requests.MilliCpu > 0 ? requests.MilliCpu : DefaultMilliCpu,
            ScoredMemory = requests.Memory > 0 ? requests.Memory : DefaultMemory,
            HostPorts = HostPortsOf(spec),
            Tolerations = spec.Tolerations ?? [],
            NodeSelector = spec.NodeSelector ?? new Dictionary<string, string>(),
            RequiredAffinity = affinity?.RequiredDuringSchedulingIgnoredDuringExecution,
            PreferredAffinity = affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [],
            Images = [.. spec.Containers.Select(container => container.Image ?? "").Where(image => image.Length > 0)],
            Priority = spec.Priority ?? 0,
        };
    }

    /// <summary>
    /// Containers and sidecars run together, an ordinary init container runs beside the sidecars started before it; the
    /// pod needs the greater of the two, and its overhead (KEP-753).
    /// </summary>
    private static ResourceAmounts RequestsOf(PodSpec spec)
    {
        var sidecars = ResourceAmounts.Zero;
        var initPeak = ResourceAmounts.Zero;
        foreach (var container in spec.InitContainers ?? [])
        {
            var own = RequestsOf(container);
            if (container.RestartPolicy == "Always")
            {
                sidecars = sidecars.Plus(own);
                initPeak = initPeak.Max(sidecars);
            }
            else
            {
                initPeak = initPeak.Max(sidecars.Plus(own));
            }
        }

        var running = spec.Containers.Aggregate(sidecars, (sum, container) => sum.Plus(RequestsOf(container)));
        var total = running.Max(initPeak);
        return spec.Overhead is null ? total : total.Plus(ResourceAmounts.From(spec.Overhead));
    }

    /// <summary>A limit without a request is a request too.</summary>
    private static ResourceAmounts RequestsOf(Container container)
    {
        var requests = container.Resources?.Requests;
        if (container.Resources?.Limits is not { } limits)
        {
            return ResourceAmounts.From(requests);
        }

        var merged = new Dictionary<string, Quantity>(limits);
        foreach (var (name, amount) in requests ?? new Dictionary<string, Quantity>())
        {
            merged[name] = amount;
        }

        return ResourceAmounts.From(merged);
    }

    private static List<HostPortClaim> HostPortsOf(PodSpec spec)
    {
        var containers = spec.Containers.Concat(
            (spec.InitContainers ?? []).Where(container => container.RestartPolicy == "Always"));
        var claims = from container in containers
                     from port in container.Ports ?? []
                     let number = port.HostPort ?? (spec.HostNetwork == true ? port.Number : 0)
                     where number > 0
                     let address = port.HostIP is null or "0.0.0.0" or "::" ? "" : port.HostIP
                     select new HostPortClaim(port.Protocol ?? "TCP", address, number);
        return [.. claims];
    }
}
