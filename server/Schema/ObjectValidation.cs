using System.Text.Json.Nodes;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Schema;

/// <summary>
/// Kubernetes' own rules and texts for one object, and for its change from <c>old</c> (null on a create).
/// <c>subresource</c> is empty or names the endpoint that writes: status, ephemeralcontainers, resize, approval, scale.
/// <c>spoken</c> is the version of the request where that is not the one that is kept.
/// </summary>
internal static class ObjectValidation
{
    public static IReadOnlyList<FieldError> Check(
        ResourceSchema schema, JsonObject obj, JsonObject? old = null, string subresource = "",
        ResourceSchema? spoken = null)
    {
        var errors = new FieldErrors();
        if (schema.Plural.Length > 0)
        {
            MetaRules.Check(schema, obj, errors);
        }

        if (old is not null)
        {
            MetaRules.CheckUpdate(obj, old, errors);
        }

        if (schema.Kind == "CertificateSigningRequest" && old is not null)
        {
            CsrRules.CheckConditions(obj, old, errors);
            if (subresource == "status")
            {
                RefuseNewApprovals(obj, old, errors);
            }
        }

        // What reports a status is our own node side; only the part that people write is checked.
        if (subresource.Length == 0)
        {
            Described(schema, obj, errors);
            OfKind(schema, obj, old, errors);
            if (schema.Kind == "Event")
            {
                EventRules.Check(obj, spoken ?? schema, isNew: old is null, errors);
            }
        }

        if (subresource == "ephemeralcontainers")
        {
            Described(schema, obj, errors);
            PodRules.Check(obj, old, errors);
            EphemeralContainerRules.CheckUpdate(obj, old, errors);
        }

        return errors.All;
    }

    /// <summary>Whoever may report what became of a certificate request does not decide about it.</summary>
    private static void RefuseNewApprovals(JsonObject request, JsonObject old, FieldErrors errors)
    {
        var known = old.Object("status").Objects("conditions").Select(condition => condition.Text("type")).ToList();
        foreach (var condition in request.Object("status").Objects("conditions"))
        {
            if (ObjectStrategy.IsApproval(condition) && !known.Contains(condition.Text("type")))
            {
                errors.Forbidden(
                    "status.conditions", $"updates may not add a condition of type \"{condition.Text("type")}\"");
            }
        }
    }

    private static void Described(ResourceSchema schema, JsonObject obj, FieldErrors errors)
    {
        foreach (var field in schema.Tree.Fields)
        {
            if (field.Name is not ("apiVersion" or "kind" or "metadata" or "status"))
            {
                TreeRules.Field(field, obj, field.Name, errors);
            }
        }
    }

    private static void OfKind(ResourceSchema schema, JsonObject obj, JsonObject? old, FieldErrors errors)
    {
        switch (schema.Kind)
        {
            case "Pod":
                PodRules.Check(obj, old, errors);
                PodUpdateRules.Check(obj, old, errors);
                break;
            case "ConfigMap" or "Secret":
                ConfigRules.Check(schema.Kind, obj, old, errors);
                break;
            case "Node":
                NodeRules.Check(obj, old, errors);
                break;
            case "CertificateSigningRequest":
                CsrRules.Check(obj, old, errors);
                break;
            case "Lease":
                LeaseRules.Check(obj, errors);
                break;
            case "Deployment":
                AppsRules.Deployment(obj, old, errors);
                break;
            case "ReplicaSet":
                AppsRules.ReplicaSet(obj, old, errors);
                break;
            case "StatefulSet":
                StatefulSetRules.Check(obj, old, errors);
                break;
            case "DaemonSet":
                AppsRules.DaemonSet(obj, old, errors);
                break;
            case "ControllerRevision":
                AppsRules.ControllerRevision(obj, old, errors);
                break;
            case "Job":
                JobRules.Check(obj, old, errors);
                break;
            case "CronJob":
                CronJobRules.Check(obj, old, errors);
                break;
            case "PriorityClass":
                PriorityClassRules.Check(obj, old, errors);
                break;
            case "PodDisruptionBudget":
                PdbRules.Check(obj, errors);
                break;
            case "HorizontalPodAutoscaler":
                HpaRules.Check(obj, errors);
                break;
            case "Service":
                ServiceRules.Check(obj, old, errors);
                break;
            case "PersistentVolumeClaim":
                ClaimRules.Check(obj, old, errors);
                break;
            case "PersistentVolume":
                PersistentVolumeRules.Check(obj, old, errors);
                break;
            default:
                OfOtherKind(schema, obj, old, errors);
                break;
        }
    }

    /// <summary>The kinds that are kept for tools and for controllers from outside.</summary>
    private static void OfOtherKind(ResourceSchema schema, JsonObject obj, JsonObject? old, FieldErrors errors)
    {
        switch (schema.Kind)
        {
            case "ReplicationController":
                ReplicationRules.Controller(obj, old, errors);
                break;
            case "PodTemplate":
                ReplicationRules.PodTemplate(obj, old, errors);
                break;
            case "ResourceQuota":
                QuotaRules.Check(obj, old, errors);
                break;
            case "LimitRange":
                LimitRangeRules.Check(obj, errors);
                break;
            case "Endpoints":
                EndpointRules.Endpoints(obj, errors);
                break;
            case "EndpointSlice":
                EndpointRules.Slice(obj, old, errors);
                break;
            case "Ingress":
                IngressRules.Check(obj, old, errors);
                break;
            case "IngressClass":
                IngressRules.Class(obj, old, errors);
                break;
            case "NetworkPolicy":
                NetworkPolicyRules.Check(obj, errors);
                break;
            case "ServiceCIDR":
                ServiceRangeRules.Range(obj, old, errors);
                break;
            case "IPAddress":
                ServiceRangeRules.Address(obj, old, errors);
                break;
            case "StorageClass":
                StorageRules.StorageClass(obj, old, errors);
                break;
            case "CSIDriver":
                StorageRules.Driver(obj, old, errors);
                break;
            case "CSINode":
                StorageRules.Node(obj, old, errors);
                break;
            case "VolumeAttachment":
                StorageRules.Attachment(obj, old, errors);
                break;
            case "CSIStorageCapacity":
                StorageRules.Capacity(obj, old, errors);
                break;
            case "RuntimeClass":
                RuntimeClassRules.Check(obj, old, errors);
                break;
            case "Role" or "ClusterRole":
                RbacRules.Role(obj, schema.Namespaced, errors);
                break;
            case "RoleBinding" or "ClusterRoleBinding":
                RbacRules.Binding(obj, old, schema.Namespaced, errors);
                break;
        }
    }
}
