using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>Deletes one object, or all that a selector names; marks what something still holds.</summary>
internal sealed class DeleteVerb(VerbParts parts)
{
    /// <summary>Where writers keep changing the object, the last word is theirs after so many rounds.</summary>
    private const int Attempts = 8;

    public async Task One(ApiRequest request)
    {
        var options = await DeleteOptions.Read(request, parts.Catalog);
        var answer = ObjectAnswer.For(request, parts.Time);
        var (last, gone) = await Delete(request, request.Key, request.Path.Name, options) ?? throw request.NotFound();
        var uid = last.Object("metadata").Text("uid");
        // A pod is answered with itself, as upstream does; clients compare its uid.
        if (gone && request.Schema.Plural != "pods")
        {
            await ResponseBody.Write(
                request.Response, 200, StatusBody.Deleted(request.Schema, request.Path.Name, uid));
            return;
        }

        await answer.Write(request, !gone && options.AwaitsDependents ? 202 : 200, last);
    }

    public async Task Many(ApiRequest request)
    {
        var options = await DeleteOptions.Read(request, parts.Catalog);
        var selector = ObjectSelector.Of(request);
        var snapshot = parts.Store.Current;
        var items = new JsonArray();
        foreach (var stored in snapshot.Range(request.Prefix).Where(selector.Matches).ToList())
        {
            var name = stored.Key[(stored.Key.LastIndexOf('/') + 1)..];
            if (await Delete(request, stored.Key, name, options) is { } deleted)
            {
                items.Add((JsonNode)VersionConversion.FromStored(request.Schema, deleted.Last));
            }
        }

        await ResponseBody.Write(request.Response, 200, new JsonObject
        {
            ["kind"] = request.Schema.ListKind,
            ["apiVersion"] = request.Schema.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = parts.Store.Revision.ToString() },
            ["items"] = items,
        });
    }

    /// <summary>The object as it was left, and whether it is gone; null when there was none.</summary>
    /// <exception cref="StatusException">403: it is one of the cluster's own namespaces.</exception>
    public async Task<(JsonObject Last, bool Gone)?> Delete(
        ApiRequest request, string key, string name, DeleteOptions options)
    {
        if (request.Schema.Plural == "namespaces" && Deletion.KeptNamespaces.Contains(name))
        {
            throw Errors.Forbidden(request.Schema, name, "this namespace may not be deleted");
        }

        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (parts.Store.Get(key) is not { } current)
            {
                return null;
            }

            var obj = ObjectBytes.Read(current);
            CheckPreconditions(request, name, obj, options);
            var step = Deletion.Plan(request.Schema.Plural, obj, options.Wish, parts.Time.GetUtcNow());
            if (step is DeletionStep.Nothing || options.DryRun)
            {
                return (obj, step is DeletionStep.Remove);
            }

            var op = step is DeletionStep.Mark mark
                ? StoreOp.Put(key, ObjectBytes.Write(mark.Object))
                : StoreOp.Delete(key);
            if (await parts.Store.Txn([new Compare(key, current.Revision)], [op], request.Ct)
                is TxnResult.Committed done)
            {
                obj.Ensure("metadata")["resourceVersion"] = done.Revision.ToString();
                return (obj, op.IsDelete);
            }
        }

        throw Errors.Conflict(request.Schema, name);
    }

    public static void CheckPreconditions(ApiRequest request, string name, JsonObject obj, DeleteOptions options)
    {
        var metadata = obj.Object("metadata");
        if (options.Uid.Length > 0 && options.Uid != metadata.Text("uid"))
        {
            throw Errors.Conflict(request.Schema, name,
                $"the UID in the precondition ({options.Uid}) does not match the UID in record "
                + $"({metadata.Text("uid")}). The object might have been deleted and then recreated");
        }

        if (options.ResourceVersion.Length > 0 && options.ResourceVersion != metadata.Text("resourceVersion"))
        {
            throw Errors.Conflict(request.Schema, name,
                $"the ResourceVersion in the precondition ({options.ResourceVersion}) does not match the "
                + $"ResourceVersion in record ({metadata.Text("resourceVersion")}). "
                + "The object might have been modified");
        }
    }
}
