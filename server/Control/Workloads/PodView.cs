using System.Globalization;
using Edge.Proto.Model;

namespace Edge.Server.Control.Workloads;

/// <summary>
/// What workload controllers know of a pod: a few hundred bytes instead of the whole, because ten thousand are held.
/// </summary>
internal sealed record PodView
{
    /// <summary>Prefers which pods go first when a ReplicaSet shrinks; lower goes first (KEP 2255).</summary>
    private const string DeletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The key in the store.</summary>
    public required string Key { get; init; }

    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required DateTimeOffset Created { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = s_none;

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = s_none;

    /// <summary>The owner that manages it, or null.</summary>
    public OwnerReference? Controller { get; init; }

    /// <summary>Empty until it is placed.</summary>
    public string NodeName { get; init; } = "";

    /// <summary>The node that it is on, or is for (required affinity to one name); null for any.</summary>
    public string? TargetNode { get; init; }

    /// <summary>Its volumes of claims: volume to claim; null when it has none.</summary>
    public IReadOnlyDictionary<string, string>? Claims { get; init; }

    public string Phase { get; init; } = "";

    public bool IsDeleting { get; init; }

    /// <summary>Its condition Ready says True; on a node that is out of reach this is old news.</summary>
    public bool IsReady { get; init; }

    /// <summary>Since when it is (or is not) ready.</summary>
    public DateTimeOffset? ReadyChanged { get; init; }

    /// <summary>Of the container that restarted most.</summary>
    public int Restarts { get; init; }

    /// <summary>Of all its containers together.</summary>
    public long RestartsTotal { get; init; }

    public int DeletionCost { get; init; }

    /// <summary>Its Job has not counted it yet, and so it cannot go (<see cref="JobFinalizer"/>).</summary>
    public bool IsTracked { get; init; }

    /// <summary>On its way out without any grace left: nothing of it runs, only finalizers hold it.</summary>
    public bool IsGone { get; init; }

    /// <summary>When its containers ended, by its node's clock; null where that is not known.</summary>
    public DateTimeOffset? Ended { get; init; }

    public bool IsFinished => Phase is "Succeeded" or "Failed";

    /// <summary>Runs and is ready; on a node that is out of reach this is old news.</summary>
    public bool IsRunningReady => IsReady && Phase == "Running";

    /// <summary>Counts as a replica: neither finished nor on its way out.</summary>
    public bool IsActive => !IsDeleting && !IsFinished;

    /// <summary>Has ended and only waits to be taken out of the store.</summary>
    public bool IsLeft => IsDeleting && IsFinished;

    /// <summary>Ready for as long as <c>minReadySeconds</c> asks.</summary>
    public bool IsAvailable(int minReadySeconds, DateTimeOffset now) =>
        IsReady && (minReadySeconds == 0 || ReadyChanged?.AddSeconds(minReadySeconds) <= now);

    /// <summary>How long until it is available if it stays ready; null when that is not a matter of time.</summary>
    public TimeSpan? AvailableIn(int minReadySeconds, DateTimeOffset now) =>
        IsReady && ReadyChanged?.AddSeconds(minReadySeconds) - now is { } rest && rest > TimeSpan.Zero ? rest : null;

    /// <summary>
    /// When it ended, as far as its node's clock can be believed: not before it was made and not in the future, or else
    /// the time it was made, which is the server's.
    /// </summary>
    public DateTimeOffset EndedBy(DateTimeOffset now) => Ended is { } at && at >= Created && at <= now ? at : Created;

    public static PodView From(Pod pod, string key)
    {
        var meta = pod.Metadata;
        var containers = pod.Status?.ContainerStatuses ?? [];
        var ready = (pod.Status?.Conditions ?? []).FirstOrDefault(condition => condition.Type == "Ready");
        return new PodView
        {
            Key = key,
            Namespace = meta.Namespace ?? "",
            Name = meta.Name ?? "",
            Uid = meta.Uid ?? "",
            Created = meta.CreationTimestamp ?? DateTimeOffset.UnixEpoch,
            Labels = meta.Labels ?? s_none,
            Annotations = meta.Annotations ?? s_none,
            Controller = Owners.ControllerOf(meta),
            NodeName = pod.Spec.NodeName ?? "",
            TargetNode = string.IsNullOrEmpty(pod.Spec.NodeName) ? NodeWanted(pod.Spec.Affinity) : pod.Spec.NodeName,
            Claims = ClaimsOf(pod.Spec),
            Phase = pod.Status?.Phase ?? "",
            IsDeleting = meta.DeletionTimestamp is not null,
            IsReady = ready?.Status == "True",
            ReadyChanged = ready?.LastTransitionTime,
            Restarts = containers.Select(status => status.RestartCount).DefaultIfEmpty().Max(),
            RestartsTotal = containers.Concat(pod.Status?.InitContainerStatuses ?? [])
                .Sum(status => (long)status.RestartCount),
            IsTracked = meta.Finalizers?.Contains(JobFinalizer.Name) == true,
            IsGone = meta is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: null or 0 },
            Ended = EndOf(pod, containers, ready),
            DeletionCost = int.TryParse(
                meta.Annotations?.GetValueOrDefault(DeletionCostAnnotation), NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture, out var cost) ? cost : 0,
        };
    }

    private static string? NodeWanted(Affinity? affinity)
    {
        foreach (var term in affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution
            ?.NodeSelectorTerms ?? [])
        {
            foreach (var field in term.MatchFields ?? [])
            {
                if (field is { Key: "metadata.name", Operator: "In", Values: [var name] })
                {
                    return name;
                }
            }
        }

        return null;
    }

    private static Dictionary<string, string>? ClaimsOf(PodSpec spec)
    {
        Dictionary<string, string>? claims = null;
        foreach (var volume in spec.Volumes ?? [])
        {
            if (volume.PersistentVolumeClaim is { } source)
            {
                (claims ??= [])[volume.Name] = source.ClaimName;
            }
        }

        return claims;
    }

    /// <summary>The last container's end, or else when it was no longer ready.</summary>
    private static DateTimeOffset? EndOf(Pod pod, IReadOnlyList<ContainerStatus> containers, Condition? ready)
    {
        if (pod.Status?.Phase is not ("Succeeded" or "Failed"))
        {
            return null;
        }

        DateTimeOffset? last = null;
        foreach (var container in containers)
        {
            if (container.State?.Terminated?.FinishedAt is not { } at)
            {
                return ready?.Status == "False" ? ready.LastTransitionTime : null;
            }

            last = last is null || at > last ? at : last;
        }

        return last ?? (ready?.Status == "False" ? ready.LastTransitionTime : null);
    }
}
