using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Pods;

/// <summary>Binds a pod to a node, for schedulers from outside.</summary>
internal sealed class BindingEndpoint(VerbParts parts)
{
    private readonly ResourceSchema _pods = parts.Catalog.FindKind("", "v1", "Pod")!;

    public async Task Run(ApiRequest request)
    {
        var binding = await ObjectReading.Read(request, parts.Catalog.FindKind("", "v1", "Binding")!);
        var name = NameOf(request, binding);
        var node = binding.Object("target").Text("name");
        if (node.Length == 0)
        {
            throw Errors.Invalid("", "Binding", name,
                [new FieldError("target.name", "FieldValueRequired", "Required value")]);
        }

        var stored = parts.Store.Get(Resources.Pods.KeyOf(request.Path.Namespace, name))
            ?? throw Errors.NotFound("", "pods", name);
        var pod = ObjectBytes.Read(stored);
        if (pod.Object("spec").Text("nodeName") is { Length: > 0 } bound)
        {
            throw Errors.Conflict(_pods, name,
                $"pod {name} is already assigned to node \"{bound}\"");
        }

        if (pod.At("metadata.deletionTimestamp") is not null)
        {
            throw Errors.Conflict(_pods, name,
                $"pod {name} is being deleted, cannot be assigned to a host");
        }

        pod.Ensure("spec")["nodeName"] = node;
        SetScheduled(pod.Ensure("status"));
        var op = StoreOp.Put(stored.Key, ObjectUpdate.Bytes(pod));
        if (!request.Query.DryRun()
            && await parts.Store.Txn([new Compare(stored.Key, stored.Revision)], [op], request.Ct)
                is TxnResult.Conflict)
        {
            throw Errors.Conflict(_pods, name);
        }

        await ResponseBody.Write(request.Response, 201, StatusBody.Success(201));
    }

    /// <summary>The pod's name stands in the path, or in the binding where the path is that of bindings.</summary>
    private static string NameOf(ApiRequest request, JsonObject binding)
    {
        if (request.Path.Name.Length > 0)
        {
            ObjectReading.CheckName(request, binding);
            return request.Path.Name;
        }

        return binding.Object("metadata").Text("name") is { Length: > 0 } name
            ? name
            : throw Errors.BadRequest("name is required");
    }

    private void SetScheduled(JsonObject status)
    {
        var conditions = status["conditions"] as JsonArray ?? [];
        var kept = conditions.Where(condition => condition.Text("type") != "PodScheduled")
            .Select(condition => condition?.DeepClone());
        status["conditions"] = new JsonArray([.. kept, new JsonObject
        {
            ["type"] = "PodScheduled",
            ["status"] = "True",
            ["lastTransitionTime"] = TimeJson.Text(parts.Time.GetUtcNow()),
        }]);
    }
}
