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
    public async Task Run(ApiRequest request)
    {
        var binding = await ObjectReading.Read(request, parts.Catalog.FindKind("", "v1", "Binding")!);
        ObjectReading.CheckName(request, binding);
        var node = binding.Object("target").Text("name");
        if (node.Length == 0)
        {
            throw Errors.Invalid("", "Binding", request.Path.Name,
                [new FieldError("target.name", "FieldValueRequired", "Required value")]);
        }

        var stored = parts.Store.Get(request.Key) ?? throw request.NotFound();
        var pod = ObjectBytes.Read(stored);
        if (pod.Object("spec").Text("nodeName") is { Length: > 0 } bound)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name,
                $"pod {request.Path.Name} is already assigned to node \"{bound}\"");
        }

        if (pod.At("metadata.deletionTimestamp") is not null)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name,
                $"pod {request.Path.Name} is being deleted, cannot be assigned to a host");
        }

        pod.Ensure("spec")["nodeName"] = node;
        SetScheduled(pod.Ensure("status"));
        var op = StoreOp.Put(stored.Key, ObjectUpdate.Bytes(pod));
        if (!request.Query.DryRun()
            && await parts.Store.Txn([new Compare(stored.Key, stored.Revision)], [op], request.Ct)
                is TxnResult.Conflict)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name);
        }

        await ResponseBody.Write(request.Response, 201, StatusBody.Success(201));
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
