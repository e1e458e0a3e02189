using System.Text.Json.Nodes;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Schema;

/// <summary>Fills in what Kubernetes fills in before validation. In place; idempotent.</summary>
internal static class ObjectDefaults
{
    public static void Fill(ResourceSchema schema, JsonObject obj)
    {
        switch (schema.Kind)
        {
            case "Pod":
                PodDefaults.Fill(obj);
                break;
            case "Deployment":
                AppsDefaults.Deployment(obj);
                break;
            case "ReplicaSet":
                AppsDefaults.Template(obj.Ensure("spec"));
                break;
            case "StatefulSet":
                AppsDefaults.StatefulSet(obj);
                break;
            case "DaemonSet":
                AppsDefaults.DaemonSet(obj);
                break;
            case "Job":
                JobDefaults.Fill(obj);
                break;
            case "CronJob":
                AppsDefaults.Template(obj.Ensure("spec").Ensure("jobTemplate").Ensure("spec"));
                break;
            case "HorizontalPodAutoscaler":
                HpaDefaults.Fill(obj);
                break;
            case "Service":
                ServiceDefaults.Fill(obj);
                break;
            case "Secret":
                FoldStringData(obj);
                break;
            case "ReplicationController":
                ReplicationRules.Fill(obj);
                break;
            case "PodTemplate":
                PodDefaults.FillSpec(obj.Ensure("template").Ensure("spec"));
                break;
            case "LimitRange":
                LimitRangeRules.Fill(obj);
                break;
            case "NetworkPolicy":
                NetworkPolicyRules.Fill(obj);
                break;
            case "IngressClass" when obj.Object("spec").Object("parameters") is { } parameters:
                parameters["scope"] ??= "Cluster";
                break;
            case "RoleBinding" or "ClusterRoleBinding":
                RbacDefaults.Binding(obj);
                break;
            case "Namespace":
                obj.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] =
                    obj.Object("metadata").Text("name");
                break;
        }

        Walk(schema.Tree, obj);
    }

    /// <summary>Defaults of the description; a zero counts as absent in a plain field, not in a pointer.</summary>
    private static void Walk(SchemaNode node, JsonObject obj)
    {
        foreach (var field in node.Fields)
        {
            var value = obj[field.Name];
            var isAbsent = value is null or JsonArray { Count: 0 };
            if (field.Default is { } text && (isAbsent || (!field.Pointer && IsZero(value!))))
            {
                obj[field.Name] = value = JsonNode.Parse(Json(text));
            }

            Descend(value is JsonValue or null ? null : field.Node, value);
        }
    }

    private static void Descend(SchemaNode? node, JsonNode? value)
    {
        switch (value)
        {
            case JsonObject map when node is { Type: SchemaType.Object }:
                Walk(node, map);
                break;
            case JsonObject map when node is { Type: SchemaType.Map, Item.Type: SchemaType.Object }:
                for (var at = 0; at < map.Count; at++)
                {
                    Descend(node.Item, map.GetAt(at).Value);
                }

                break;
            case JsonArray list when node is { Type: SchemaType.List, Item.Type: SchemaType.Object }:
                for (var at = 0; at < list.Count; at++)
                {
                    Descend(node.Item, list[at]);
                }

                break;
        }
    }

    private static bool IsZero(JsonNode value) =>
        value is JsonValue && value.ToJsonString() is "\"\"" or "0" or "false";

    /// <summary>A default of a description as JSON: a bare word stands for a string.</summary>
    public static string Json(string text) =>
        text is "true" or "false" || text[0] is '{' or '"' or '[' || char.IsAsciiDigit(text[0])
            ? text
            : $"\"{text}\"";

    /// <summary>stringData is written, never stored: it wins over data.</summary>
    private static void FoldStringData(JsonObject secret)
    {
        foreach (var (key, value) in secret.Object("stringData") ?? [])
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(JsonTree.AsText(value) ?? "");
            secret.Ensure("data")[key] = Convert.ToBase64String(bytes);
        }

        secret.Remove("stringData");
    }
}
