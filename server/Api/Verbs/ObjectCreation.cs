using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Edge.Server.Access;
using Edge.Server.Api.Http;
using Edge.Server.Api.Identity;
using Edge.Server.Schema;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>The common end of POST and of applying what is not there yet.</summary>
internal sealed class ObjectCreation(
    VerbParts parts, ObjectAdmission admission, FieldWriter writer, Authorizer authorizer)
{
    /// <summary>Who updates or applies what is not there yet makes it, and must be allowed to.</summary>
    /// <exception cref="StatusException">403.</exception>
    public void RequireRight(ApiRequest request)
    {
        var access = RequestAccess.Of("create", request.Path, request.Query);
        if (authorizer.Decide(request.User, access) is { Allowed: false } refused)
        {
            throw Refusals.Of(request.User, access, refused);
        }
    }

    /// <summary>Replaces what only the server may set. In place.</summary>
    public void Prepare(JsonObject metadata)
    {
        foreach (var name in ObjectUpdate.ServerFields)
        {
            metadata.Remove(name);
        }

        metadata["uid"] = parts.Objects.NewUid();
        metadata["creationTimestamp"] = TimeJson.Text(parts.Time.GetUtcNow());
    }

    /// <summary>Null when the name is taken.</summary>
    /// <param name="request">Says where and by whom.</param>
    /// <param name="obj">Prepared, with its name; completed in place.</param>
    /// <param name="applied">managedFields, when an apply found them out; null for any other create.</param>
    public Task<StoredObject?> Commit(ApiRequest request, JsonObject obj, ReadOnlyMemory<byte>? applied = null)
    {
        ObjectDefaults.Fill(request.Stored, obj);
        // As upstream: what admission and strategy add from here on is nobody's.
        var managedFields = applied ?? writer.Create(request, obj);
        admission.OnCreate(request, obj);
        ObjectStrategy.PrepareForCreate(request.Stored, obj);
        ObjectDefaults.Fill(request.Stored, obj);
        var name = obj.Object("metadata").Text("name");
        var errors = ObjectValidation.Check(request.Stored, obj, spoken: request.Schema);
        return errors.Count == 0
            ? Store(request, name, ObjectUpdate.Bytes(obj, managedFields))
            : throw Errors.Invalid(request.Schema, name, errors);
    }

    private async Task<StoredObject?> Store(ApiRequest request, string name, byte[] value)
    {
        var key = StoreKeys.For(request.Schema.Group, request.Schema.Plural, request.Path.Namespace, name);
        if (request.Query.DryRun())
        {
            return parts.Store.Get(key) is null ? new StoredObject(key, parts.Store.Revision, value) : null;
        }

        while (true)
        {
            // Again each time: a namespace that began to go in between takes nothing new.
            Compare[] conditions = [new Compare(key, 0), .. admission.CheckNamespace(request, name)];
            switch (await parts.Store.Txn(conditions, [StoreOp.Put(key, value)], request.Ct))
            {
                case TxnResult.Committed done:
                    return new StoredObject(key, done.Revision, value);
                case TxnResult.Conflict taken when taken.Key == key:
                    return null;
            }
        }
    }
}
