using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// What the server itself puts into objects, before <see cref="ObjectStrategy"/>, defaults and validation: the part of
/// Kubernetes' admission.
/// </summary>
internal sealed class Admission(Objects objects, EnrolmentCheck enrolment)
{
    /// <summary>Kinds whose specs upstream does not number.</summary>
    private static readonly string[] s_unnumbered = ["namespaces", "nodes", "certificatesigningrequests", "leases"];

    /// <summary>
    /// What must hold while the object is created: its namespace is still the one looked at here. Empty where it has
    /// none.
    /// </summary>
    /// <exception cref="StatusException">404 or 403: nothing can be created in that namespace.</exception>
    public IReadOnlyList<Compare> CheckNamespace(ApiRequest request, string name)
    {
        if (!request.Schema.Namespaced)
        {
            return [];
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

        return [new Compare(stored.Key, stored.Revision)];
    }

    public void OnCreate(ApiRequest request, JsonObject obj)
    {
        if (HasGeneration(request.Schema))
        {
            obj.Ensure("metadata")["generation"] = 1;
        }

        switch (request.Schema.Plural)
        {
            case "pods":
                NameAccount(obj.Ensure("spec"));
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

    private static void NameAccount(JsonObject spec)
    {
        var account = spec.Text("serviceAccountName");
        account = account.Length > 0 ? account : spec.Text("serviceAccount");
        account = account.Length > 0 ? account : "default";
        (spec["serviceAccountName"], spec["serviceAccount"]) = (account, account);
    }
}
