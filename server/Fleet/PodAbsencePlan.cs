using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Fleet;

/// <summary>What a pod's node said last where its absence stands over it: to be put back when it returns.</summary>
internal sealed record PodCovered(string Uid, string Mark, JsonNode Ready, JsonNode? Message)
{
    public bool WasReady => Ready["status"]?.ToString() == "True";
}

/// <summary>
/// A pod of a node that is out of reach. As from Kubernetes' node controller it is not Ready, whatever it said last;
/// beyond that its message says how old all the rest is. Nothing else is touched: link down is not dead. Pure.
/// </summary>
internal static class PodAbsencePlan
{
    /// <summary>
    /// Covers what the pod's node said; null, and the pod stays as it is, when it is another node's, has said nothing
    /// yet, is over, or is covered already.
    /// </summary>
    public static PodCovered? Cover(JsonObject pod, string node, LastContact contact, DateTimeOffset now)
    {
        var covers = $"Node {node} is out of reach, last contact ";
        if (Text(pod["spec"]?["nodeName"]) != node || pod["status"] is not JsonObject status
            || Text(status["phase"]) is "Succeeded" or "Failed" || Ready(status) is not var (conditions, index)
            || Text(status["message"])?.StartsWith(covers, StringComparison.Ordinal) == true)
        {
            return null;
        }

        var mark = $"{covers}{contact.Text}: the pod's status is as of then";
        var ready = conditions[index]!;
        var covered = new PodCovered(
            Text(pod["metadata"]?["uid"]) ?? "", mark, ready.DeepClone(), status["message"]?.DeepClone());
        if (Text(ready["status"]) != "False")
        {
            ready["status"] = "False";
            ready["lastTransitionTime"] = TimeJson.Text(now);
        }

        status["message"] = mark;
        return covered;
    }

    /// <summary>
    /// Puts back what was covered; false, and the pod stays as it is, when it is another one or was written since.
    /// </summary>
    public static bool Uncover(JsonObject pod, PodCovered covered)
    {
        if (Text(pod["metadata"]?["uid"]) != covered.Uid || pod["status"] is not JsonObject status
            || Text(status["message"]) != covered.Mark || Ready(status) is not var (conditions, index))
        {
            return false;
        }

        conditions[index] = covered.Ready.DeepClone();
        status.Remove("message");
        if (covered.Message is { } message)
        {
            status["message"] = message.DeepClone();
        }

        return true;
    }

    /// <summary>Where the condition Ready stands; null when the pod has none.</summary>
    private static (JsonArray Conditions, int Index)? Ready(JsonObject status)
    {
        var conditions = status["conditions"] as JsonArray ?? [];
        for (var index = 0; index < conditions.Count; index++)
        {
            if (conditions[index] is JsonObject condition && Text(condition["type"]) == "Ready")
            {
                return (conditions, index);
            }
        }

        return null;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text)
        ? text
        : null;
}
