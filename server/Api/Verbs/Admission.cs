using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// What the server itself puts into objects, before defaults and validation: the part of Kubernetes' strategies and
/// admission that is not in the schema.
/// </summary>
internal sealed class Admission(Objects objects, EnrolmentCheck enrolment)
{
    /// <summary>Kinds whose specs upstream does not number.</summary>
    private static readonly string[] s_unnumbered = ["namespaces", "nodes", "certificatesigningrequests", "leases"];

    /// <exception cref="StatusException">404 or 403: nothing can be created in that namespace.</exception>
    public void CheckNamespace(ApiRequest request, string name)
    {
        if (!request.Schema.Namespaced)
        {
            return;
        }

        var ns = request.Path.Namespace;
        if (objects.Store.Get(Resources.Namespaces.KeyOf(null, ns)) is not { } stored)
        {
            throw Errors.NotFound("", "namespaces", ns);
        }

        if (JsonNode.Parse(stored.Value.Span).At("metadata.deletionTimestamp") is not null)
        {
            throw Errors.NamespaceTerminating(request.Schema, name, ns);
        }
    }

    public void OnCreate(ApiRequest request, JsonObject obj)
    {
        if (HasGeneration(request.Schema))
        {
            obj.Ensure("metadata")["generation"] = 1;
        }

        // A node's first status comes with it; any other status is written by its owner through the subresource.
        if (request.Schema.HasStatus && request.Schema.Plural != "nodes")
        {
            obj.Remove("status");
        }

        switch (request.Schema.Plural)
        {
            case "pods":
                PreparePod(obj);
                break;
            case "namespaces":
                PrepareNamespace(obj);
                break;
            case "certificatesigningrequests":
                enrolment.Prepare(request.User, obj);
                break;
        }
    }

    /// <summary>A manifest that never named the account must be able to replace the pod made from it.</summary>
    public static void OnUpdate(ResourceSchema schema, JsonObject old, JsonObject next)
    {
        if (schema.Plural != "pods" || next.Object("spec").Text("serviceAccountName").Length > 0)
        {
            return;
        }

        var account = old.Object("spec").Text("serviceAccountName");
        if (account.Length > 0)
        {
            var spec = next.Ensure("spec");
            (spec["serviceAccountName"], spec["serviceAccount"]) = (account, account);
        }
    }

    public static bool HasGeneration(ResourceSchema schema) =>
        schema.HasStatus && !s_unnumbered.Contains(schema.Plural);

    private static void PreparePod(JsonObject pod)
    {
        var spec = pod.Ensure("spec");
        var account = spec.Text("serviceAccountName");
        account = account.Length > 0 ? account : spec.Text("serviceAccount");
        account = account.Length > 0 ? account : "default";
        (spec["serviceAccountName"], spec["serviceAccount"]) = (account, account);
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = PodQos.Of(spec) };
    }

    private static void PrepareNamespace(JsonObject ns)
    {
        var finalizers = ns.Ensure("spec")["finalizers"] as JsonArray ?? [];
        if (!finalizers.Any(name => JsonTree.AsText(name) == "kubernetes"))
        {
            finalizers.Add((JsonNode)"kubernetes");
        }

        ns.Ensure("spec")["finalizers"] = finalizers;
        ns.Ensure("metadata").Ensure("labels")["kubernetes.io/metadata.name"] = ns.Object("metadata").Text("name");
        ns["status"] = new JsonObject { ["phase"] = "Active" };
    }
}
