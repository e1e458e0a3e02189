using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schedule;

/// <summary>Edits of a stored pod by the scheduler. Each returns null where there is nothing to write.</summary>
internal static class Binding
{
    /// <summary>
    /// Binds the pod, with the devices for its containers (null for none), unless it is another one by now, bound
    /// already or on its way out.
    /// </summary>
    public static JsonObject? Bind(
        JsonObject pod, string uid, string node, PodDevices? devices, DateTimeOffset now)
    {
        if (!IsStillPending(pod, uid))
        {
            return null;
        }

        if (devices is not null)
        {
            Child(pod["metadata"]!.AsObject(), "annotations", static () => new JsonObject())
                .AsObject()[PodDevices.Annotation] = devices.ToString();
        }

        pod["spec"]!.AsObject()["nodeName"] = node;
        SetCondition(pod, "PodScheduled", "True", null, null, now);
        return pod;
    }

    /// <summary>
    /// Says on the pod why it has no node, and which node is being made free for it (null for none).
    /// </summary>
    public static JsonObject? Refuse(
        JsonObject pod, string uid, string message, string? nominatedNode, DateTimeOffset now)
    {
        if (!IsStillPending(pod, uid))
        {
            return null;
        }

        var changed = SetCondition(pod, "PodScheduled", "False", "Unschedulable", message, now);
        var status = pod["status"]!.AsObject();
        if (status["nominatedNodeName"]?.GetValue<string>() == nominatedNode)
        {
            return changed ? pod : null;
        }

        if (nominatedNode is null)
        {
            status.Remove("nominatedNodeName");
        }
        else
        {
            status["nominatedNodeName"] = nominatedNode;
        }

        return pod;
    }

    /// <summary>Says on a pod that it must leave for another one of higher priority.</summary>
    public static JsonObject? Disrupt(JsonObject pod, string uid, string message, DateTimeOffset now) =>
        pod["metadata"]?["uid"]?.GetValue<string>() == uid
            && SetCondition(pod, "DisruptionTarget", "True", "PreemptionByScheduler", message, now)
            ? pod
            : null;

    /// <summary>The same pod, wanted, and without a node.</summary>
    public static bool IsStillPending(JsonObject pod, string uid) =>
        pod["metadata"]?["uid"]?.GetValue<string>() == uid
        && pod["metadata"]?["deletionTimestamp"] is null
        && string.IsNullOrEmpty(pod["spec"]?["nodeName"]?.GetValue<string>());

    /// <summary>True when the condition changed; its transition time moves only with its status.</summary>
    private static bool SetCondition(
        JsonObject pod, string type, string status, string? reason, string? message, DateTimeOffset now)
    {
        var podStatus = Child(pod, "status", static () => new JsonObject()).AsObject();
        var conditions = Child(podStatus, "conditions", static () => new JsonArray()).AsArray();
        var old = conditions.FirstOrDefault(entry => entry?["type"]?.GetValue<string>() == type);
        var oldStatus = old?["status"]?.GetValue<string>();
        if (oldStatus == status && old?["reason"]?.GetValue<string>() == reason
            && old?["message"]?.GetValue<string>() == message)
        {
            return false;
        }

        var since = oldStatus == status ? old?["lastTransitionTime"]?.GetValue<string>() : null;
        var condition = new JsonObject
        {
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = since ?? TimeJson.Text(now),
        };
        if (message is not null)
        {
            condition["message"] = message;
        }

        if (reason is not null)
        {
            condition["reason"] = reason;
        }

        condition["status"] = status;
        condition["type"] = type;
        if (old is not null)
        {
            conditions.Remove(old);
        }

        conditions.Add((JsonNode)condition);
        return true;
    }

    private static JsonNode Child(JsonObject parent, string name, Func<JsonNode> create)
    {
        if (parent[name] is { } present)
        {
            return present;
        }

        var made = create();
        parent[name] = made;
        return made;
    }
}
