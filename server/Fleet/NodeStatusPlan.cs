using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Link;

namespace Edge.Server.Fleet;

/// <summary>The Node object as merge of what the node reported last and whether it is there. Pure.</summary>
internal static class NodeStatusPlan
{
    /// <summary>Fields of a reported status that are the server's to say.</summary>
    private static readonly string[] ServerFields = ["phase", "volumesAttached", "images"];

    /// <summary>The conditions that Kubernetes makes Unknown with a node, also when it never reported them.</summary>
    private static readonly string[] Monitored = ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"];

    /// <summary>The node is there: its report counts.</summary>
    public static JsonObject Connected(JsonObject node, JsonObject report, DateTimeOffset now)
    {
        TakeLabels(node, report["labels"] as JsonObject);
        if (report["status"] is not JsonObject reported)
        {
            return node;
        }

        var old = node["status"] as JsonObject ?? [];
        var status = reported.DeepClone().AsObject();
        foreach (var field in ServerFields)
        {
            status.Remove(field);
            if (old[field] is { } kept)
            {
                status[field] = kept.DeepClone();
            }
        }

        var conditions = Transitions(old["conditions"] as JsonArray, status["conditions"] as JsonArray, now);
        status["conditions"] = conditions;
        if (!JsonNode.DeepEquals(status, old))
        {
            // Only with another change: a report that says the same again, after a restart, is no reason to write.
            Stamp(conditions, now);
        }

        node["status"] = status;
        return node;
    }

    /// <summary>
    /// Nothing was heard of the node for the grace period: nothing is known of it. Kubernetes' words, and since when.
    /// </summary>
    public static JsonObject Unknown(JsonObject node, LastContact contact, DateTimeOffset now)
    {
        var silent = $"Kubelet stopped posting node status. Last contact {contact.Text}.";
        var status = node["status"] as JsonObject ?? [];
        var conditions = status["conditions"] as JsonArray ?? [];
        var known = conditions.Select(TypeOf).OfType<string>().ToHashSet();
        var unknown = new JsonArray();
        foreach (var condition in conditions.OfType<JsonObject>())
        {
            // One that is Unknown already keeps its words: saying them anew would be a write for nothing.
            unknown.Add(condition["status"]?.ToString() == "Unknown"
                ? condition.DeepClone()
                : UnknownCondition(TypeOf(condition), "NodeStatusUnknown", silent, contact));
        }

        foreach (var type in Monitored.Where(type => !known.Contains(type)))
        {
            var never = UnknownCondition(type, "NodeStatusNeverUpdated", "Kubelet never posted node status.", null);
            unknown.Add((JsonNode)never);
        }

        status = status.DeepClone().AsObject();
        status["conditions"] = Transitions(conditions, unknown, now);
        node["status"] = status;
        return node;
    }

    /// <summary>The node with its agent's keep-alive in seconds, which fencing needs; null for no change.</summary>
    public static JsonObject? KeepAlive(JsonObject node, uint seconds)
    {
        var usual = seconds == 0 || seconds == (uint)Fencing.KeepAliveDefault.TotalSeconds;
        var metadata = node["metadata"]!.AsObject();
        if (metadata["annotations"] is not JsonObject annotations)
        {
            if (usual)
            {
                return null;
            }

            metadata["annotations"] = annotations = [];
        }

        if (usual)
        {
            return annotations.Remove(Fencing.KeepAliveAnnotation) ? node : null;
        }

        annotations[Fencing.KeepAliveAnnotation] = seconds.ToString(CultureInfo.InvariantCulture);
        return node;
    }

    /// <summary>
    /// The node after its hello: with its agent's keep-alive, and with the key that it is served by. A record that is
    /// another one is older than the device's key, as after a restore. Null for no change.
    /// </summary>
    public static JsonObject? Greeted(JsonObject node, Hello hello, DateTimeOffset now)
    {
        var changed = KeepAlive(node, hello.KeepAliveSeconds);
        return NameHolder.KeyOf(hello) is { Length: > 0 } key && key != NodeKey.Of(node)
            ? NodeKey.WithKey(node, key, now)
            : changed;
    }

    /// <summary>The images a node has; they are reported apart from the rest, because they change apart.</summary>
    public static JsonObject Images(JsonObject node, JsonArray images)
    {
        if (node["status"] is not JsonObject status)
        {
            node["status"] = status = [];
        }

        status["images"] = new JsonArray(
            [.. images.Take(ReportScope.ImagesMax).Select(image => image?.DeepClone())]);
        return node;
    }

    private static JsonObject UnknownCondition(string? type, string reason, string message, LastContact? contact)
    {
        var condition = new JsonObject
        {
            ["type"] = type, ["status"] = "Unknown", ["reason"] = reason, ["message"] = message,
        };
        if (contact is { } last)
        {
            condition["lastHeartbeatTime"] = TimeJson.Text(last.At);
        }

        return condition;
    }

    /// <summary>
    /// The node said it at this time. It says so no more often than something changes: that it is there between is what
    /// its lease tells.
    /// </summary>
    private static void Stamp(JsonArray conditions, DateTimeOffset now)
    {
        foreach (var condition in conditions)
        {
            condition!["lastHeartbeatTime"] = TimeJson.Text(now);
        }
    }

    private static void TakeLabels(JsonObject node, JsonObject? reported)
    {
        if (reported is null || node["metadata"] is not JsonObject metadata)
        {
            return;
        }

        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        foreach (var stale in labels.Select(label => label.Key)
            .Where(key => ReportScope.IsGpuLabel(key) && !reported.ContainsKey(key)).ToList())
        {
            labels.Remove(stale);
        }

        foreach (var (key, value) in reported)
        {
            if (ReportScope.AllowsLabel(key) && !ReportScope.LabelFaults(key, value).Any())
            {
                labels[key] = value?.DeepClone();
            }
        }
    }

    /// <summary>A condition's transition time moves when its status does, and stays otherwise.</summary>
    private static JsonArray Transitions(JsonArray? old, JsonArray? wanted, DateTimeOffset now)
    {
        var before = new Dictionary<string, JsonNode?>();
        foreach (var condition in old ?? [])
        {
            before[TypeOf(condition) ?? ""] = condition;
        }

        var result = new JsonArray();
        foreach (var condition in (wanted ?? []).OfType<JsonObject>())
        {
            var next = condition.DeepClone().AsObject();
            var previous = before.GetValueOrDefault(TypeOf(condition) ?? "");
            var same = previous?["status"]?.ToString() == next["status"]?.ToString();
            next["lastTransitionTime"] = same && previous?["lastTransitionTime"] is { } since
                ? since.DeepClone()
                : TimeJson.Text(now);
            if (next["lastHeartbeatTime"] is null && previous?["lastHeartbeatTime"] is { } heard)
            {
                next["lastHeartbeatTime"] = heard.DeepClone();
            }

            result.Add((JsonNode)next);
        }

        return result;
    }

    private static string? TypeOf(JsonNode? condition) => condition?["type"]?.ToString();
}
