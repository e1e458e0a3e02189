using Edge.Proto.Model;
using Edge.Server.Schedule.Devices;

namespace Edge.Server.Schedule.Demand;

/// <summary>What a pod's spec says, whatever its labels; shared by the pods of a StatefulSet too.</summary>
internal sealed class SpecDemand
{
    private static readonly PodSpec NoTerms = new();

    public required ResourceAmounts Requests { get; init; }

    /// <summary>What the scores count: the requests, and a default for each container that has none.</summary>
    public required long ScoredMilliCpu { get; init; }
    public required long ScoredMemory { get; init; }
    public required IReadOnlyList<HostPortClaim> HostPorts { get; init; }

    /// <summary>What its containers ask for by whole numbers, which may be devices.</summary>
    public required IReadOnlyList<DeviceClaim> DeviceClaims { get; init; }

    /// <summary>Mebibytes that it will use of each of its devices; 0 for nearly every pod.</summary>
    public required long DeviceMemory { get; init; }
    public required IReadOnlyList<Toleration> Tolerations { get; init; }
    public required IReadOnlyDictionary<string, string>? NodeSelector { get; init; }
    public required NodeSelector? RequiredAffinity { get; init; }
    public required IReadOnlyList<PreferredSchedulingTerm> PreferredAffinity { get; init; }

    /// <summary>The only nodes that the required affinity names, or null when it names none.</summary>
    public required IReadOnlyList<string>? NamedNodes { get; init; }

    /// <summary>One for each container and init container.</summary>
    public required IReadOnlyList<string> Images { get; init; }
    public required int Priority { get; init; }

    /// <summary>False for preemptionPolicy Never.</summary>
    public required bool Preempts { get; init; }

    /// <summary>Only what terms are made of: the rest of the spec is not kept.</summary>
    public required PodSpec Source { get; init; }

    public static SpecDemand From(PodSpec spec)
    {
        var requests = PodRequests.Of(spec);
        var scored = PodRequests.Scored(spec, requests);
        var affinity = spec.Affinity?.NodeAffinity;
        return new SpecDemand
        {
            Requests = requests,
            ScoredMilliCpu = scored.MilliCpu,
            ScoredMemory = scored.Memory,
            HostPorts = PodRequests.HostPorts(spec),
            DeviceClaims = requests.HasExtended ? DeviceClaim.Of(spec) : [],
            DeviceMemory = requests.HasExtended ? DeviceClaim.MemoryOf(spec) : 0,
            Tolerations = spec.Tolerations ?? [],
            NodeSelector = spec.NodeSelector is { Count: > 0 } selector ? selector : null,
            RequiredAffinity = affinity?.RequiredDuringSchedulingIgnoredDuringExecution,
            PreferredAffinity = affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [],
            NamedNodes = NodeTerms.NamedNodes(affinity?.RequiredDuringSchedulingIgnoredDuringExecution),
            Images = ImagesOf(spec),
            Priority = spec.Priority ?? 0,
            Preempts = spec.PreemptionPolicy != "Never",
            Source = PodTerms.AreFreeOfLabels(spec)
                ? NoTerms
                : new PodSpec
                {
                    Affinity = spec.Affinity,
                    NodeSelector = spec.NodeSelector,
                    Tolerations = spec.Tolerations,
                    TopologySpreadConstraints = spec.TopologySpreadConstraints,
                },
        };
    }

    private static string[] ImagesOf(PodSpec spec) =>
        [.. (spec.InitContainers ?? []).Concat(spec.Containers).Select(container => Normalized(container.Image ?? ""))];

    /// <summary>
    /// As nodes name images: without a tag the latest is meant (kube-scheduler's normalizedImageName).
    /// </summary>
    private static string Normalized(string image) =>
        image.LastIndexOf(':') <= image.LastIndexOf('/') ? image + ":latest" : image;
}
