using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Control.TaintEviction;

/// <summary>What an evicted pod says of itself (Kubernetes' words). Pure; edits the tree it is given.</summary>
internal static class TaintEvictionMark
{
    /// <summary>With the condition DisruptionTarget; one that stands already stays.</summary>
    public static JsonObject WithCondition(JsonObject pod, DateTimeOffset now)
    {
        if (pod["status"] is not JsonObject status)
        {
            pod["status"] = status = [];
        }

        if (status["conditions"] is not JsonArray conditions)
        {
            status["conditions"] = conditions = [];
        }

        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i]?["type"]?.ToString() == "DisruptionTarget")
            {
                if (conditions[i]?["status"]?.ToString() == "True")
                {
                    return pod;
                }

                conditions.RemoveAt(i--);
            }
        }

        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["lastTransitionTime"] = TimeJson.Text(now),
            ["reason"] = "DeletionByTaintManager",
            ["message"] = "Taint manager: deleting due to NoExecute taint",
        });
        return pod;
    }

    /// <summary>
    /// A pod that its node has stopped: deleted with no grace left, and failed unless it had ended before (as
    /// Kubernetes' pod garbage collector marks it), so that a Job counts it though finalizers hold it.
    /// </summary>
    public static JsonObject Ended(JsonObject pod, DateTimeOffset now)
    {
        var metadata = pod["metadata"]!.AsObject();
        if (metadata["deletionTimestamp"] is null)
        {
            WithCondition(pod, now);
            metadata["deletionTimestamp"] = TimeJson.Text(now);
            if (metadata["generation"] is JsonValue generation)
            {
                metadata["generation"] = generation.GetValue<long>() + 1;
            }
        }

        metadata["deletionGracePeriodSeconds"] = 0L;
        if (pod["status"] is not JsonObject status)
        {
            pod["status"] = status = [];
        }

        if (status["phase"]?.ToString() is not ("Succeeded" or "Failed"))
        {
            status["phase"] = "Failed";
        }

        return pod;
    }
}
