using System.Text.Json.Nodes;
using Edge.Server.Schema.Rows;

namespace Edge.Server.Schema;

/// <summary>The cells that <c>kubectl get</c> prints, in the order of <see cref="ResourceSchema.Columns"/>.</summary>
internal static class TableRows
{
    public static JsonArray Cells(ResourceSchema schema, JsonObject obj, DateTimeOffset now)
    {
        IReadOnlyList<JsonNode?> cells = schema.Kind switch
        {
            "Pod" => PodRow.Cells(obj, now),
            "Node" => NodeRow.Cells(obj, now),
            "Event" => EventRow.Cells(obj, now),
            "Service" => ServiceRow.Cells(obj, now),
            "PersistentVolumeClaim" => ClaimRow.Cells(obj, now),
            "HorizontalPodAutoscaler" => HpaRow.Cells(obj, now),
            "NodeMetrics" or "PodMetrics" => MetricsRow.Cells(obj),
            "Scale" =>
            [
                Name(obj), obj.Object("spec").Number("replicas") ?? 0, obj.Object("status").Number("replicas") ?? 0,
                Age(obj, now),
            ],
            "PodDisruptionBudget" =>
            [
                Name(obj), Bound(obj, "minAvailable"), Bound(obj, "maxUnavailable"),
                obj.Object("status").Number("disruptionsAllowed") ?? 0, Age(obj, now),
            ],
            "CertificateSigningRequest" => CsrRow.Cells(obj, now),
            "Namespace" => [Name(obj), obj.Object("status").Text("phase"), Age(obj, now)],
            "ConfigMap" => [Name(obj), Count(obj, "data") + Count(obj, "binaryData"), Age(obj, now)],
            "Secret" => [Name(obj), obj.Text("type"), Count(obj, "data"), Age(obj, now)],
            "ServiceAccount" => [Name(obj), obj.Items("secrets").Count, Age(obj, now)],
            "Lease" => [Name(obj), obj.Object("spec").Text("holderIdentity"), Age(obj, now)],
            "PriorityClass" =>
            [
                Name(obj), obj.Number("value") ?? 0, obj.Flag("globalDefault"), Age(obj, now),
                obj.Text("preemptionPolicy"),
            ],
            "Deployment" => AppsRow.Deployment(obj, now),
            "ReplicaSet" => AppsRow.ReplicaSet(obj, now),
            "StatefulSet" => AppsRow.StatefulSet(obj, now),
            "DaemonSet" => AppsRow.DaemonSet(obj, now),
            "ControllerRevision" => AppsRow.ControllerRevision(obj, now),
            "Role" or "ClusterRole" => RbacRow.Role(obj),
            "RoleBinding" or "ClusterRoleBinding" => RbacRow.Binding(obj, now),
            "Job" => BatchRow.Job(obj, now),
            "CronJob" => BatchRow.CronJob(obj, now),
            "RuntimeClass" => [Name(obj), obj.Text("handler"), Age(obj, now)],
            _ when schema.Columns.Count == 0 => [],
            _ => OfOtherKind(schema, obj, now),
        };
        return new JsonArray([.. cells]);
    }

    private static IReadOnlyList<JsonNode?> OfOtherKind(ResourceSchema schema, JsonObject obj, DateTimeOffset now) =>
        schema.Kind switch
        {
            "PersistentVolume" => StorageRow.Volume(obj, now),
            "Endpoints" => NetworkRow.Endpoints(obj, now),
            "EndpointSlice" => NetworkRow.Slice(obj, now),
            "ReplicationController" => AppsRow.ReplicationController(obj, now),
            "PodTemplate" => AppsRow.PodTemplate(obj),
            "ResourceQuota" => QuotaRow.Cells(obj, now),
            "LimitRange" => [Name(obj), obj.Object("metadata")?["creationTimestamp"]?.DeepClone()],
            "Ingress" => NetworkRow.Ingress(obj, now),
            "IngressClass" => NetworkRow.IngressClass(obj, now),
            "NetworkPolicy" => NetworkRow.Policy(obj, now),
            "ServiceCIDR" => NetworkRow.Ranges(obj, now),
            "IPAddress" => NetworkRow.Address(obj, now),
            "StorageClass" => StorageRow.StorageClass(obj, now),
            "VolumeAttachment" => StorageRow.Attachment(obj, now),
            "CSIDriver" => StorageRow.Driver(obj, now),
            "CSINode" => StorageRow.Node(obj, now),
            "CSIStorageCapacity" => StorageRow.Capacity(obj),
            _ => [Name(obj), Age(obj, now)],
        };

    private static string Name(JsonObject obj) => obj.Object("metadata").Text("name");

    private static string Bound(JsonObject budget, string name) => budget.Object("spec")?[name]?.ToString() ?? "N/A";

    private static int Count(JsonObject obj, string map) => obj.Object(map)?.Count ?? 0;

    private static string Age(JsonObject obj, DateTimeOffset now) => RowAge.Age(obj, now);
}
