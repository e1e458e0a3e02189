using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Control.Pods;

/// <summary>What a node can still do for its pods.</summary>
internal enum NodeLife
{
    /// <summary>There is no such node.</summary>
    Absent,

    /// <summary>It is there, connected or not: its pods are its own.</summary>
    Present,

    /// <summary>It is not ready, and somebody has vouched that it runs nothing any more.</summary>
    OutOfService,
}

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
    public const string OutOfServiceTaint = "node.kubernetes.io/out-of-service";

    /// <param name="isBound">Whether the pod is bound to a node.</param>
    /// <param name="isBeingDeleted">Whether it is being deleted.</param>
    /// <param name="node">Its node; of no account where it is not bound.</param>
    public static PodStep Decide(bool isBound, bool isBeingDeleted, NodeLife node) =>
        !isBound ? (isBeingDeleted ? PodStep.Remove : PodStep.Keep)
        : node == NodeLife.Absent ? PodStep.Suspect
        : node == NodeLife.OutOfService && isBeingDeleted ? PodStep.Remove
        : PodStep.Keep;

    /// <summary>The taint alone is not enough: a node that reports is ending its pods itself.</summary>
    public static NodeLife LifeOf(Node node) =>
        node.Spec?.Taints?.Any(taint => taint.Key == OutOfServiceTaint) == true
        && node.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) != true
            ? NodeLife.OutOfService
            : NodeLife.Present;

    /// <summary>
    /// A pod that goes before its end has Failed, so that whoever counts on it, such as a Job, sees that. Null when it
    /// has ended already. Edits the tree.
    /// </summary>
    public static JsonObject? Fail(JsonObject pod, bool isOrphan, DateTimeOffset now)
    {
        var status = pod["status"] as JsonObject ?? [];
        if (status["phase"]?.ToString() is "Succeeded" or "Failed")
        {
            return null;
        }

        status["phase"] = "Failed";
        if (isOrphan)
        {
            var others = (status["conditions"] as JsonArray ?? [])
                .Where(condition => condition?["type"]?.ToString() != "DisruptionTarget")
                .Select(condition => condition?.DeepClone());
            status["conditions"] = new JsonArray([.. others, new JsonObject
            {
                ["type"] = "DisruptionTarget",
                ["status"] = "True",
                ["reason"] = "DeletionByPodGC",
                ["message"] = "PodGC: node no longer exists",
                ["lastTransitionTime"] = TimeJson.Text(now),
            }]);
        }

        pod["status"] = status;
        return pod;
    }
}
