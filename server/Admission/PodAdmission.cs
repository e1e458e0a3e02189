using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Admission;

/// <summary>
/// What the server itself puts into a pod. One way for the pods that people create and for those that controllers make
/// from templates, so that both are stored alike. All in place.
/// </summary>
internal sealed class PodAdmission(Objects objects, DefaultTolerations tolerations)
{
    private static readonly ResourceSchema s_schema = SchemaCatalog.Default.Find("", "v1", "pods")!;

    private readonly PodPriority _priority = new(objects);
    private readonly PodRuntime _runtime = new(objects);

    /// <summary>
    /// Makes metadata (with a name) and spec of a template into the pod that a create through the API would have
    /// stored. Null when it is done, otherwise the message of the refusal, as upstream's clients see it.
    /// </summary>
    public string? Make(JsonObject pod, string ns, DateTimeOffset now)
    {
        (pod["apiVersion"], pod["kind"]) = (s_schema.ApiVersion, s_schema.Kind);
        var metadata = pod.Ensure("metadata");
        metadata["namespace"] = ns;
        metadata["uid"] = objects.NewUid();
        metadata["creationTimestamp"] = TimeJson.Text(now);
        if (Complete(pod) is { } refused)
        {
            return $"pods \"{metadata.Text("name")}\" is forbidden: {refused}";
        }

        ObjectStrategy.PrepareForCreate(s_schema, pod);
        ObjectDefaults.Fill(s_schema, pod);
        var errors = ObjectValidation.Check(s_schema, pod);
        return errors.Count == 0 ? null : FieldError.Summary(s_schema.Kind, metadata.Text("name"), errors);
    }

    /// <summary>
    /// Fills in what is decided before strategy, defaults and validation: account, generation, priority, tolerations,
    /// runtime. Null when it is done, otherwise why the pod is forbidden.
    /// </summary>
    public string? Complete(JsonObject pod)
    {
        pod.Ensure("metadata")["generation"] = 1;
        var spec = pod.Ensure("spec");
        NameAccount(spec);
        tolerations.AddTo(spec);
        ResourceTolerations.AddTo(spec);
        return _runtime.Set(spec) ?? _priority.Set(spec);
    }

    /// <summary>
    /// A manifest that never named what <see cref="Complete"/> fills in must be able to replace the pod made from it.
    /// </summary>
    public void Keep(JsonObject old, JsonObject next)
    {
        var (before, spec) = (old.Object("spec"), next.Ensure("spec"));
        var account = before.Text("serviceAccountName");
        if (account.Length > 0 && spec.Text("serviceAccountName").Length == 0)
        {
            (spec["serviceAccountName"], spec["serviceAccount"]) = (account, account);
        }

        PodPriority.Keep(before, spec);
        tolerations.AddTo(spec);
        ResourceTolerations.AddTo(spec);
    }

    private static void NameAccount(JsonObject spec)
    {
        var account = spec.Text("serviceAccountName");
        account = account.Length > 0 ? account : spec.Text("serviceAccount");
        account = account.Length > 0 ? account : "default";
        (spec["serviceAccountName"], spec["serviceAccount"]) = (account, account);
    }
}
