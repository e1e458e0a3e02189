using Edge.Proto.Model;

namespace Edge.Server.Control.Pods;

/// <summary>What is to become of a pod that no node can take care of.</summary>
internal enum PodStep
{
    Keep,

    /// <summary>Its node is not there; take it out when that stays so.</summary>
    Suspect,
    Remove,
}

/// <summary>Finds pods that nobody will ever end (Kubernetes' pod garbage collector). Pure.</summary>
internal static class PodsPlan
{
    /// <param name="pod">The pod.</param>
    /// <param name="nodeExists">Whether the node it is bound to is there.</param>
    public static PodStep Decide(Pod pod, bool nodeExists) =>
        string.IsNullOrEmpty(pod.Spec.NodeName)
            ? pod.Metadata.DeletionTimestamp is null ? PodStep.Keep : PodStep.Remove
            : nodeExists ? PodStep.Keep : PodStep.Suspect;
}
