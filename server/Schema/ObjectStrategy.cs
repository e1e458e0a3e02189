using System.Text.Json.Nodes;
using Edge.Proto.Model;

namespace Edge.Server.Schema;

/// <summary>
/// Which parts of a body count on which endpoint: the main one ignores status, the others write only their part.
/// Between decoding and validation; in place.
/// </summary>
internal static class ObjectStrategy
{
    private static readonly string[] _approvals = ["Approved", "Denied"];

    /// <summary>True for a condition by which somebody decides about a certificate request.</summary>
    public static bool IsApproval(JsonObject condition) => _approvals.Contains(condition.Text("type"));

    public static void PrepareForCreate(ResourceSchema schema, JsonObject obj)
    {
        switch (schema.Kind)
        {
            case "Pod":
                // Of the pod that this one was copied from.
                obj.Object("metadata").Object("annotations")?.Remove(PodDevices.Annotation);
                obj["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodQos.Of(obj) };
                break;
            case "Namespace":
                PrepareNamespace(obj);
                break;
            case "Job":
                obj.Remove("status");
                JobSelector.Generate(obj);
                break;
            case "PersistentVolumeClaim" or "PersistentVolume":
                obj["status"] = new JsonObject { ["phase"] = "Pending" };
                break;
            case "Node":
                // A node registers itself with its status.
                break;
            default:
                if (schema.HasStatus)
                {
                    obj.Remove("status");
                }

                break;
        }
    }

    /// <summary>The object as it is to be stored when <c>obj</c> is written over <c>old</c> on an endpoint.</summary>
    public static JsonObject PrepareForUpdate(
        ResourceSchema schema, JsonObject obj, JsonObject old, string subresource = "")
    {
        switch (subresource)
        {
            case "status" when schema.Kind == "CertificateSigningRequest":
                KeepApprovals(obj.Object("status"), old.Object("status"));
                return With(old, "status", obj["status"]);
            case "status":
                return With(old, "status", obj["status"]);
            case "ephemeralcontainers":
                return WithLooking(old, obj);
            case "finalize":
                return With(old, "spec", obj["spec"]);
            case "approval":
                return Approval(obj, old);
            case "scale":
                return Scaled(obj, old);
            default:
                if (schema.HasStatus)
                {
                    Set(obj, "status", old["status"]);
                }

                if (schema.Kind == "Pod")
                {
                    KeepDevices(obj.Ensure("metadata"), old.Object("metadata"));
                }

                if (schema.Kind is "Namespace" or "CertificateSigningRequest")
                {
                    Set(obj, "spec", old["spec"]);
                }

                if (schema.Kind == "Service")
                {
                    KeepAddress(obj.Ensure("spec"), old.Object("spec"));
                }

                return obj;
        }
    }

    /// <summary>True for a change that <c>metadata.generation</c> counts.</summary>
    public static bool ChangesWhatIsWanted(ResourceSchema schema, JsonObject old, JsonObject next) =>
        Wanted(schema).Any(path => !JsonTree.Same(old.At(path), next.At(path)));

    private static string[] Wanted(ResourceSchema schema) => schema.Kind switch
    {
        // A Deployment copies its annotations to its ReplicaSets.
        "Deployment" => ["spec", "metadata.annotations"],
        "PodTemplate" => ["template"],
        "EndpointSlice" => ["endpoints", "ports", "metadata.labels", "metadata.annotations"],
        _ => ["spec"],
    };

    /// <summary>Which devices a pod has is the scheduler's word, and nobody else's.</summary>
    private static void KeepDevices(JsonObject metadata, JsonObject? before)
    {
        var given = before.Object("annotations")?[PodDevices.Annotation];
        if (given is not null || metadata.Object("annotations") is not null)
        {
            Set(metadata.Ensure("annotations"), PodDevices.Annotation, given);
        }
    }

    /// <summary>A manifest that never named the address must be able to replace the service that has one.</summary>
    private static void KeepAddress(JsonObject spec, JsonObject? before)
    {
        if (spec.Text("clusterIP").Length > 0 || spec.Text("type") == "ExternalName"
            || before.Text("type") == "ExternalName")
        {
            return;
        }

        foreach (var name in (string[])["clusterIP", "clusterIPs"])
        {
            Set(spec, name, before?[name]);
        }
    }

    /// <summary>Its finalizer is what keeps it until it is empty; others may be given besides.</summary>
    private static void PrepareNamespace(JsonObject ns)
    {
        var spec = ns.Ensure("spec");
        if (!spec.Items("finalizers").Any(name => JsonTree.AsText(name) == "kubernetes"))
        {
            spec["finalizers"] = new JsonArray(
                [.. spec.Items("finalizers").Select(name => name?.DeepClone()), JsonValue.Create("kubernetes")]);
        }

        ns.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] = ns.Object("metadata").Text("name");
        ns["status"] = new JsonObject { ["phase"] = "Active" };
    }

    /// <summary>Of the pod only the containers that were added to look into it are taken.</summary>
    private static JsonObject WithLooking(JsonObject old, JsonObject obj)
    {
        var result = old.Copy();
        Set(result.Ensure("spec"), "ephemeralContainers", obj.Object("spec")?["ephemeralContainers"]);
        return result;
    }

    /// <summary>Of a Scale only the number is taken; Go writes no zero.</summary>
    private static JsonObject Scaled(JsonObject scale, JsonObject old)
    {
        var result = old.Copy();
        result.Ensure("spec")["replicas"] = scale.Object("spec").Number("replicas") ?? 0;
        return result;
    }

    /// <summary>
    /// A decision that was made stands as it was made. One that comes or goes is refused by
    /// <see cref="ObjectValidation"/>, so that whoever reports the status hears of it.
    /// </summary>
    private static void KeepApprovals(JsonObject? status, JsonObject? old)
    {
        var conditions = status.Items("conditions");
        for (var at = 0; at < conditions.Count; at++)
        {
            if (conditions[at] is JsonObject condition && IsApproval(condition)
                && old.Objects("conditions").FirstOrDefault(
                    known => known.Text("type") == condition.Text("type")) is { } stands)
            {
                conditions[at] = stands.DeepClone();
            }
        }
    }

    /// <summary>Only the conditions Approved and Denied are taken; the signer's own stay.</summary>
    private static JsonObject Approval(JsonObject obj, JsonObject old)
    {
        var kept = old.Object("status").Objects("conditions").Where(condition => !IsApproval(condition));
        var given = obj.Object("status").Objects("conditions").Where(IsApproval);
        var result = old.Copy();
        result.Ensure("status")["conditions"] =
            new JsonArray([.. kept.Concat(given).Select(condition => condition.DeepClone())]);
        return result;
    }

    private static JsonObject With(JsonObject old, string name, JsonNode? value)
    {
        var result = old.Copy();
        Set(result, name, value);
        return result;
    }

    private static void Set(JsonObject obj, string name, JsonNode? value)
    {
        if (value is null)
        {
            obj.Remove(name);
            return;
        }

        obj[name] = value.DeepClone();
    }
}
