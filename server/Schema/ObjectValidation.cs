using System.Text.Json.Nodes;
using Edge.Server.Schema.Rules;

namespace Edge.Server.Schema;

/// <summary>
/// Kubernetes' own rules and texts for one object, and for its change from <c>old</c> (null on a create).
/// <c>subresource</c> is empty or names the endpoint that writes: status, ephemeralcontainers, resize, approval, scale.
/// </summary>
internal static class ObjectValidation
{
    public static IReadOnlyList<FieldError> Check(
        ResourceSchema schema, JsonObject obj, JsonObject? old = null, string subresource = "")
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

        // What reports a status is our own node side; only the part that people write is checked.
        if (subresource.Length == 0)
        {
            Described(schema, obj, errors);
            OfKind(schema, obj, old, errors);
        }

        return errors.All;
    }

    private static void Described(ResourceSchema schema, JsonObject obj, FieldErrors errors)
    {
        foreach (var field in schema.Tree.Fields.Where(field => field.Name is not ("metadata" or "status")))
        {
            if (obj[field.Name] is JsonObject part && field.Node.Type == SchemaType.Object)
            {
                TreeRules.Check(field.Node, part, field.Name, errors);
            }
            else if (field.Required && obj[field.Name] is null)
            {
                errors.Required(field.Name);
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
            case "Event":
                EventRules.Check(obj, errors);
                break;
        }
    }
}
