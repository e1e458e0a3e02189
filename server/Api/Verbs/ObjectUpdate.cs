using System.Text.Json.Nodes;
using Edge.Server.Api.Http;
using Edge.Server.Schema;
using Edge.Server.Schema.Apply;
using Edge.Server.Store;

namespace Edge.Server.Api.Verbs;

/// <summary>
/// The common end of PUT and PATCH: takes from a proposed object what its endpoint may change, checks it against the
/// stored one and writes it, if it differs.
/// </summary>
internal sealed class ObjectUpdate(VerbParts parts, ObjectAdmission admission, FieldWriter writer)
{
    /// <summary>Metadata that clients send back but do not decide.</summary>
    public static readonly string[] ServerFields =
    [
        "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink",
        "managedFields",
    ];

    /// <summary>The stored form, within the limit of one object.</summary>
    /// <param name="obj">The object.</param>
    /// <param name="managedFields">JSON for metadata.managedFields; empty for what the object has.</param>
    public static byte[] Bytes(JsonObject obj, ReadOnlyMemory<byte> managedFields = default)
    {
        var bytes = ObjectBytes.Write(obj, managedFields.Span);
        return bytes.Length <= ObjectBytes.BytesMax ? bytes : throw Errors.TooLarge(ObjectBytes.BytesMax);
    }

    /// <summary>The object as stored afterwards; null when somebody else changed it in between.</summary>
    /// <param name="request">Names the object and the endpoint.</param>
    /// <param name="current">The stored object that the proposal was made from, or is to replace.</param>
    /// <param name="proposed">The whole object as the client wants it, in the version that is kept.</param>
    /// <param name="applied">Who owns which fields, when an apply found it out; null for any other write.</param>
    public async Task<StoredObject?> Commit(
        ApiRequest request, StoredObject current, JsonObject proposed, FieldOwners? applied = null)
    {
        var old = ObjectBytes.Read(current);
        CheckPreconditions(request, current, old, proposed);
        var held = FieldWriter.Detach(old);
        var next = Take(request, old, proposed);
        if (request.Path.Subresource is "" or "ephemeralcontainers")
        {
            ObjectDefaults.Fill(request.Stored, next);
        }

        Validate(request, old, next);
        CountGeneration(request.Schema, old, next);
        var owners = applied ?? writer.Update(request, old, next, held, proposed.At("metadata.managedFields"));
        if (JsonTree.Same(old, next) && owners.IsSame(FieldOwners.Read(held, trusted: true) ?? FieldOwners.None))
        {
            return current;
        }

        var value = Bytes(next, owners.Write());

        if (request.Query.DryRun())
        {
            return current with { Value = value };
        }

        var released = Deletion.IsReleased(request.Schema.Plural, next);
        var op = released ? StoreOp.Delete(current.Key) : StoreOp.Put(current.Key, value);
        return await parts.Store.Txn([new Compare(current.Key, current.Revision)], [op], request.Ct)
            is TxnResult.Committed done
            ? new StoredObject(current.Key, done.Revision, value)
            : null;
    }

    private static void CheckPreconditions(
        ApiRequest request, StoredObject current, JsonObject old, JsonObject proposed)
    {
        var metadata = proposed.Ensure("metadata");
        var revision = metadata.Text("resourceVersion");
        if (revision.Length > 0 && revision != current.Revision.ToString())
        {
            throw Errors.Conflict(request.Schema, request.Path.Name);
        }

        var (uid, known) = (metadata.Text("uid"), old.Object("metadata").Text("uid"));
        if (uid.Length > 0 && uid != known)
        {
            throw Errors.Conflict(request.Schema, request.Path.Name,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {known}");
        }
    }

    /// <summary>What the endpoint may change comes from the proposal, the rest from the stored object.</summary>
    private JsonObject Take(ApiRequest request, JsonObject old, JsonObject proposed)
    {
        var endpoint = request.Path.Subresource;
        var next = ObjectStrategy.PrepareForUpdate(request.Stored, proposed.Copy(), old, endpoint);
        if (endpoint.Length == 0)
        {
            KeepServerFields(old.Ensure("metadata"), next.Ensure("metadata"));
            admission.OnUpdate(request, old, next);
        }
        else
        {
            admission.OnUpdateBelow(request, old, next);
        }

        return next;
    }

    private static void KeepServerFields(JsonObject old, JsonObject next)
    {
        foreach (var name in ServerFields)
        {
            Move(old, next, name);
        }

        next["resourceVersion"] = old["resourceVersion"]?.DeepClone();
    }

    private static void Move(JsonObject from, JsonObject to, string name)
    {
        if (from[name] is { } value)
        {
            to[name] = value.DeepClone();
            return;
        }

        to.Remove(name);
    }

    private static void Validate(ApiRequest request, JsonObject old, JsonObject next)
    {
        var errors = ObjectValidation
            .Check(request.Stored, next, old, request.Path.Subresource, request.Schema).ToList();
        if (old.At("metadata.deletionTimestamp") is not null && AddsFinalizer(old, next))
        {
            errors.Add(new FieldError("metadata.finalizers", "FieldValueForbidden",
                "Forbidden: no new finalizers can be added if the object is being deleted"));
        }

        if (errors.Count > 0)
        {
            throw Errors.Invalid(request.Schema, request.Path.Name, errors);
        }
    }

    private static bool AddsFinalizer(JsonObject old, JsonObject next)
    {
        var known = old.Object("metadata").Items("finalizers").Select(JsonTree.AsText).ToHashSet();
        return next.Object("metadata").Items("finalizers").Any(name => !known.Contains(JsonTree.AsText(name)));
    }

    private static void CountGeneration(ResourceSchema schema, JsonObject old, JsonObject next)
    {
        if (ObjectAdmission.HasGeneration(schema) && ObjectStrategy.ChangesWhatIsWanted(schema, old, next))
        {
            next.Ensure("metadata")["generation"] = (old.Object("metadata").Number("generation") ?? 0) + 1;
        }
    }
}
