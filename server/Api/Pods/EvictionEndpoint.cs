using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Api.Http;
using Edge.Server.Api.Verbs;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Pods;

/// <summary>
/// Deletes a pod on behalf of a drain, if its disruption budget grants it. Pod and budget change in one transaction, so
/// that two drains never take the same place.
/// </summary>
internal sealed class EvictionEndpoint(VerbParts parts) : IDisposable
{
    /// <summary>Where others keep changing pod or budget; as upstream.</summary>
    private const int Attempts = 20;

    /// <summary>
    /// A drain asks for all its pods at once, and all of one budget write the same object: one at a time.
    /// </summary>
    private readonly SemaphoreSlim _turn = new(1);

    public async Task Run(ApiRequest request)
    {
        var schema = parts.Catalog.FindKind("policy", "v1", "Eviction")!;
        var eviction = await ObjectReading.Read(request, schema);
        ObjectReading.CheckName(request, eviction);
        var options = DeleteOptions.From(eviction.Object("deleteOptions"), request.Query.DryRun());
        await _turn.WaitAsync(request.Ct);
        try
        {
            await Evict(request, options);
        }
        finally
        {
            _turn.Release();
        }

        await ResponseBody.Write(request.Response, 201, StatusBody.Success(201));
    }

    public void Dispose() => _turn.Dispose();

    private async Task Evict(ApiRequest request, DeleteOptions options)
    {
        for (var attempt = 1; !await Try(request, options); attempt++)
        {
            if (attempt == Attempts)
            {
                // Drains ask again after this, and after nothing else.
                throw Errors.TooManyRequests(
                    "couldn't update PodDisruptionBudget due to conflicts", retryAfterSeconds: 10);
            }
        }
    }

    /// <summary>False when pod or budget changed meanwhile.</summary>
    /// <exception cref="StatusException">The pod is not there, not the one that is meant, or must stay.</exception>
    private async Task<bool> Try(ApiRequest request, DeleteOptions options)
    {
        var moment = parts.Store.Current;
        var stored = moment.Get(request.Key) ?? throw request.NotFound();
        var tree = ObjectBytes.Read(stored);
        DeleteVerb.CheckPreconditions(request, request.Path.Name, tree, options);
        var now = parts.Time.GetUtcNow();
        var compares = new List<Compare> { new(stored.Key, stored.Revision) };
        var ops = new List<StoreOp>();
        Ask(request, moment, Objects.Read(Resources.Pods, stored), now, compares, ops);
        if (options.DryRun)
        {
            return true;
        }

        if (tree.At("metadata.deletionTimestamp") is null)
        {
            Mark(tree.Ensure("status"), now);
        }

        switch (Deletion.Plan(Resources.Pods.Resource, tree, options.Wish, now))
        {
            case DeletionStep.Nothing:
                return true;
            case DeletionStep.Mark mark:
                ops.Add(StoreOp.Put(stored.Key, ObjectUpdate.Bytes(mark.Object)));
                break;
            default:
                // Watchers see why it goes before it is gone.
                ops.Add(StoreOp.Put(stored.Key, ObjectUpdate.Bytes(tree)));
                ops.Add(StoreOp.Delete(stored.Key));
                break;
        }

        return await parts.Store.Txn(compares, ops, request.Ct) is TxnResult.Committed;
    }

    /// <summary>Asks the pod's budget, whose new status is then part of the transaction.</summary>
    private static void Ask(
        ApiRequest request, StoreSnapshot moment, Pod pod, DateTimeOffset now, List<Compare> compares,
        List<StoreOp> ops)
    {
        var budgets = moment.Range(Resources.PodDisruptionBudgets.Prefix(request.Path.Namespace))
            .Select(budget => Objects.Read(Resources.PodDisruptionBudgets, budget));
        switch (EvictionPlan.Decide(pod, budgets, now))
        {
            case EvictionAnswer.Free:
                return;
            case EvictionAnswer.Granted granted:
                var key = Resources.PodDisruptionBudgets.KeyOf(
                    request.Path.Namespace, granted.Budget.Metadata.Name!);
                var stored = moment.Get(key)!.Value;
                var tree = ObjectBytes.Read(stored);
                tree["status"] = JsonSerializer.SerializeToNode(
                    granted.Status, WorkloadJson.Default.PodDisruptionBudgetStatus);
                compares.Add(new Compare(key, stored.Revision));
                ops.Add(StoreOp.Put(key, ObjectUpdate.Bytes(tree)));
                return;
            case EvictionAnswer.NotNow later:
                throw Errors.Disrupting(later.Why, later.RetryAfterSeconds);
            case EvictionAnswer.Forbidden forbidden:
                throw Errors.Forbidden(
                    $"poddisruptionbudgets.policy \"{forbidden.Budget.Metadata.Name}\" is forbidden: {forbidden.Why}",
                    "policy", "poddisruptionbudgets", forbidden.Budget.Metadata.Name ?? "");
            case EvictionAnswer.TooManyBudgets:
                throw Errors.TooManyBudgets();
            default:
                throw Errors.Internal("unknown answer to an eviction");
        }
    }

    private static void Mark(JsonObject status, DateTimeOffset now)
    {
        var conditions = status["conditions"] as JsonArray ?? [];
        var kept = conditions.Where(condition => condition.Text("type") != "DisruptionTarget")
            .Select(condition => condition?.DeepClone());
        status["conditions"] = new JsonArray([.. kept, new JsonObject
        {
            ["type"] = "DisruptionTarget",
            ["status"] = "True",
            ["lastTransitionTime"] = TimeJson.Text(now),
            ["reason"] = "EvictionByEvictionAPI",
            ["message"] = "Eviction API: evicting",
        }]);
    }
}
