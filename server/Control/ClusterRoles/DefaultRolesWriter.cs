using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Store;

namespace Edge.Server.Control.ClusterRoles;

/// <summary>
/// Puts Kubernetes' default roles and bindings where they should be, at each start, in one transaction.
/// </summary>
internal sealed class DefaultRolesWriter(Objects objects, TimeProvider time)
{
    /// <summary>Returns when all are there, those made up of others included.</summary>
    public async Task Run(CancellationToken ct)
    {
        while (!await TryWrite(ct))
        {
            ct.ThrowIfCancellationRequested();
        }

        await new RoleAggregation(objects).Round(ct);
    }

    /// <summary>False when somebody else wrote in between.</summary>
    private async Task<bool> TryWrite(CancellationToken ct)
    {
        var compares = new List<Compare>();
        var ops = new List<StoreOp>();
        foreach (var wanted in DefaultRoles.Read())
        {
            var stored = objects.Store.Get(wanted.Key);
            if (Next(wanted.Tree, stored) is { } next)
            {
                compares.Add(new Compare(wanted.Key, stored?.Revision ?? 0));
                ops.Add(StoreOp.Put(wanted.Key, ObjectBytes.Write(next)));
            }
        }

        return ops.Count == 0 || await objects.Store.Txn(compares, ops, ct) is TxnResult.Committed;
    }

    private JsonObject? Next(JsonObject wanted, StoredObject? stored)
    {
        if (stored is not { } present)
        {
            return New(wanted);
        }

        var tree = ObjectBytes.Read(present);
        return DefaultRolesPlan.MustBeMadeAgain(wanted, tree) ? New(wanted) : DefaultRolesPlan.Complete(wanted, tree);
    }

    private JsonObject New(JsonObject wanted)
    {
        var metadata = wanted["metadata"]!.AsObject();
        metadata["uid"] = objects.NewUid();
        metadata["creationTimestamp"] = TimeJson.Text(time.GetUtcNow());
        return wanted;
    }
}
