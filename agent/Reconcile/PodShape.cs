using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Kubernetes' rules for reading a pod's description, in one place.</summary>
internal static class PodShape
{
    public static IEnumerable<Container> PlainInits(Pod pod) =>
        (pod.Spec.InitContainers ?? []).Where(container => !IsSidecar(container));

    public static IEnumerable<Container> Sidecars(Pod pod) => (pod.Spec.InitContainers ?? []).Where(IsSidecar);

    /// <summary>Those the pod was made with. The others take part in nothing but running.</summary>
    public static IEnumerable<Container> Lasting(Pod pod) =>
        (pod.Spec.InitContainers ?? []).Concat(pod.Spec.Containers);

    public static IEnumerable<Container> All(Pod pod) => Lasting(pod).Concat(pod.Spec.EphemeralContainers ?? []);

    public static Container? Find(Pod? pod, string name) =>
        pod is null ? null : All(pod).FirstOrDefault(container => container.Name == name);

    public static bool IsSidecar(Container container) => container.RestartPolicy == "Always";

    public static bool IsInit(Pod pod, string name) =>
        pod.Spec.InitContainers?.Any(container => container.Name == name) ?? false;

    /// <summary>
    /// The policy that applies to one container: a sidecar always restarts, one for looking into the pod never.
    /// </summary>
    public static string RestartPolicy(Pod pod, Container container) => container is EphemeralContainer ? "Never"
        : IsSidecar(container) ? "Always"
        : pod.Spec.RestartPolicy ?? "Always";

    /// <summary>The field of a pod's spec that describes the container.</summary>
    public static string FieldOf(Pod pod, string name) =>
        IsInit(pod, name) ? "initContainers"
        : pod.Spec.EphemeralContainers?.Any(container => container.Name == name) == true ? "ephemeralContainers"
        : "containers";

    /// <summary>The grace of a pod: a delete request's own, else the description's.</summary>
    public static long GraceSeconds(Pod pod) => Bounded(
        pod.Metadata.DeletionTimestamp is not null && pod.Metadata.DeletionGracePeriodSeconds is { } asked
            ? asked
            : pod.Spec.TerminationGracePeriodSeconds ?? Fencing.DefaultGraceSeconds);

    /// <summary>The pull policy, with Kubernetes' default by tag.</summary>
    public static string PullPolicy(Container container)
    {
        if (container.ImagePullPolicy is { Length: > 0 } policy)
        {
            return policy;
        }

        var image = container.Image ?? "";
        var name = image[(image.LastIndexOf('/') + 1)..];
        var tagged = name.Contains(':', StringComparison.Ordinal) || name.Contains('@', StringComparison.Ordinal);
        return !tagged || name.EndsWith(":latest", StringComparison.Ordinal) ? "Always" : "IfNotPresent";
    }

    public static string ShownId(string id) => $"containerd://{id}";

    /// <summary>As Kubernetes prints a pod in messages.</summary>
    public static string FullName(Pod pod) => $"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})";

    /// <summary>Kubernetes' seconds are 64 bits wide: beyond every calendar. 68 years are as good.</summary>
    private static long Bounded(long seconds) => Math.Clamp(seconds, 0, int.MaxValue);
}
