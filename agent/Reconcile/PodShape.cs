using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>Kubernetes' rules for reading a pod's description, in one place.</summary>
internal static class PodShape
{
    /// <summary>Kubernetes' default for <c>terminationGracePeriodSeconds</c>.</summary>
    private const long DefaultGraceSeconds = 30;

    public static IEnumerable<Container> PlainInits(Pod pod) =>
        (pod.Spec.InitContainers ?? []).Where(container => !IsSidecar(container));

    public static IEnumerable<Container> Sidecars(Pod pod) => (pod.Spec.InitContainers ?? []).Where(IsSidecar);

    public static IEnumerable<Container> All(Pod pod) => (pod.Spec.InitContainers ?? []).Concat(pod.Spec.Containers);

    public static Container? Find(Pod? pod, string name) =>
        pod is null ? null : All(pod).FirstOrDefault(container => container.Name == name);

    public static bool IsSidecar(Container container) => container.RestartPolicy == "Always";

    public static bool IsInit(Pod pod, string name) =>
        pod.Spec.InitContainers?.Any(container => container.Name == name) ?? false;

    /// <summary>The policy that applies to one container: a sidecar always restarts.</summary>
    public static string RestartPolicy(Pod pod, Container container) =>
        IsSidecar(container) ? "Always" : pod.Spec.RestartPolicy ?? "Always";

    /// <summary>The grace of a pod: a delete request's own, else the description's.</summary>
    public static long GraceSeconds(Pod pod) => Bounded(
        pod.Metadata.DeletionTimestamp is not null && pod.Metadata.DeletionGracePeriodSeconds is { } asked
            ? asked
            : pod.Spec.TerminationGracePeriodSeconds ?? DefaultGraceSeconds);

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

    /// <summary>How long the pod may be cut off before the server gives it away; null when it stays.</summary>
    public static TimeSpan? UnreachableToleration(Pod pod)
    {
        const string Taint = "node.kubernetes.io/unreachable";
        foreach (var toleration in pod.Spec.Tolerations ?? [])
        {
            var everyKey = string.IsNullOrEmpty(toleration.Key) && toleration.Operator == "Exists";
            var fits = toleration.Effect is null or "" or "NoExecute" && (everyKey || toleration.Key == Taint);
            if (fits && toleration.TolerationSeconds is { } seconds)
            {
                return TimeSpan.FromSeconds(Bounded(seconds));
            }
        }

        return null;
    }

    /// <summary>Kubernetes' seconds are 64 bits wide: beyond every calendar. 68 years are as good.</summary>
    private static long Bounded(long seconds) => Math.Clamp(seconds, 0, int.MaxValue);
}
