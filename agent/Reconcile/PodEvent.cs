using Edge.Proto.Model;

namespace Edge.Agent.Reconcile;

/// <summary>
/// Something that happened to a pod, in the kubelet's words; the report gives it a name and counts repeats.
/// </summary>
internal sealed record PodEvent(ObjectReference Pod, bool Warning, string Reason, string Message)
{
    public static PodEvent For(Pod pod, string? container, bool warning, string reason, string message) => new(
        new ObjectReference
        {
            Kind = "Pod",
            ApiVersion = "v1",
            Namespace = pod.Metadata.Namespace,
            Name = pod.Metadata.Name,
            Uid = pod.Metadata.Uid,
            FieldPath = container is null
                ? null
                : $"spec.{PodShape.FieldOf(pod, container)}{{{container}}}",
        },
        warning,
        reason,
        message);
}
