using System.Text.Json.Nodes;
using Edge.Server.Admission;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// What the server itself puts into objects, before <see cref="ObjectStrategy"/>, defaults and validation: the part of
/// Kubernetes' admission.
/// </summary>
internal sealed class ObjectAdmission(
    Objects objects, PodAdmission pods, EnrolmentCheck enrolment, EscalationCheck escalation,
    CertificateApproval approval)
{
    /// <summary>Kinds whose specs upstream does not number.</summary>
    private static readonly string[] s_unnumbered =
    [
        "namespaces", "nodes", "certificatesigningrequests", "leases", "services", "persistentvolumeclaims",
        "horizontalpodautoscalers", "persistentvolumes", "resourcequotas", "volumeattachments", "servicecidrs",
    ];

    /// <summary>Kinds without a status that upstream numbers all the same.</summary>
    private static readonly string[] s_numbered =
        ["priorityclasses", "podtemplates", "ingressclasses", "networkpolicies", "endpointslices"];

    private volatile NamespaceState _namespace = new("", 0, IsGoing: false);

    private sealed record NamespaceState(string Key, long Revision, bool IsGoing);

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

        if (IsGoing(stored))
        {
            throw Errors.NamespaceTerminating(request.Schema, name, ns);
        }

        return [new Compare(stored.Key, stored.Revision)];
    }

    /// <summary>Many objects are made in one namespace; what was read of it holds for its revision.</summary>
    private bool IsGoing(StoredObject ns)
    {
        var known = _namespace;
        if (known.Key != ns.Key || known.Revision != ns.Revision)
        {
            _namespace = known = new NamespaceState(ns.Key, ns.Revision, ObjectHead.IsMarked(ns));
        }

        return known.IsGoing;
    }

    /// <exception cref="StatusException">403: the object may not be created as it is.</exception>
    public void OnCreate(ApiRequest request, JsonObject obj)
    {
        if (HasGeneration(request.Schema))
        {
            obj.Ensure("metadata")["generation"] = 1;
        }

        if (EscalationCheck.Concerns(request.Schema))
        {
            escalation.Check(request, null, obj);
        }

        switch (request.Schema.Plural)
        {
            case "pods":
                Refuse(request, obj, pods.Complete(obj));
                break;
            case "priorityclasses":
                Refuse(request, obj, GlobalDefault.Refuse(objects, obj));
                break;
            case "certificatesigningrequests":
                enrolment.Prepare(request.User, obj);
                CertificateApproval.OnCreate(request, obj);
                break;
        }
    }

    /// <exception cref="StatusException">403: the object may not be changed to this.</exception>
    public void OnUpdate(ApiRequest request, JsonObject old, JsonObject next)
    {
        if (EscalationCheck.Concerns(request.Schema))
        {
            escalation.Check(request, old, next);
        }

        switch (request.Schema.Plural)
        {
            case "pods":
                pods.Keep(old, next);
                break;
            case "priorityclasses":
                Refuse(request, next, GlobalDefault.Refuse(objects, next));
                break;
        }
    }

    /// <summary>The same for what is written below an object.</summary>
    /// <exception cref="StatusException">403: the caller may not change that part.</exception>
    public void OnUpdateBelow(ApiRequest request, JsonObject old, JsonObject next)
    {
        if (request.Schema.Plural == "certificatesigningrequests")
        {
            approval.OnUpdate(request, old, next);
        }
    }

    public static bool HasGeneration(ResourceSchema schema) =>
        (schema.HasStatus && !s_unnumbered.Contains(schema.Plural)) || s_numbered.Contains(schema.Plural);

    private static void Refuse(ApiRequest request, JsonObject obj, string? why)
    {
        if (why is not null)
        {
            throw Errors.Forbidden(request.Schema, obj.Object("metadata").Text("name"), why);
        }
    }
}
