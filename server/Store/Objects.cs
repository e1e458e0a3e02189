using System.Text.Json.Nodes;

namespace Edge.Server.Store;

/// <summary>
/// Typed reading and safe writing over <see cref="ObjectStore"/> for Fleet, Schedule and Control. Writing edits the
/// stored JSON tree, so fields that our records do not know survive.
/// </summary>
internal sealed class Objects(ObjectStore store, TimeProvider time, Func<string> newUid)
{
    public ObjectStore Store { get; } = store;

    public T? Get<T>(ResourceKind<T> kind, string? ns, string name) where T : class =>
        throw new NotImplementedException();

    /// <summary>All objects of the kind, or of one namespace; metadata.resourceVersion is filled.</summary>
    public IEnumerable<T> List<T>(ResourceKind<T> kind, string? ns = null) where T : class =>
        throw new NotImplementedException();

    /// <summary>Reads a stored object (of a watch, of a listing) as its record, resourceVersion filled.</summary>
    public static T Read<T>(ResourceKind<T> kind, StoredObject stored) where T : class =>
        throw new NotImplementedException();

    /// <summary>
    /// Read, change, write, again on conflict. <paramref name="change"/> gets a fresh tree (metadata.resourceVersion
    /// filled) and returns it changed, or null for no change. It may run several times. What it returns is stored as
    /// it is: a status edit and a spec edit are the same here, generation is the caller's.
    /// </summary>
    public Task<UpdateOutcome> Update<T>(
        ResourceKind<T> kind, string? ns, string name, Func<JsonObject, JsonObject?> change, CancellationToken ct)
        where T : class =>
        throw new NotImplementedException($"{time} {newUid}");

    /// <summary>Stores a new object; uid and creationTimestamp are filled where absent.</summary>
    public Task<CreateOutcome> Create<T>(ResourceKind<T> kind, T value, CancellationToken ct) where T : class =>
        throw new NotImplementedException();

    /// <summary>Takes the object out now, whatever its finalizers; <paramref name="uid"/> null for any.</summary>
    public Task<DeleteOutcome> Delete<T>(
        ResourceKind<T> kind, string? ns, string name, string? uid, CancellationToken ct) where T : class =>
        throw new NotImplementedException();

    /// <summary>
    /// Deletes as a user would: marks with deletionTimestamp what has finalizers or (a pod) is bound to a node, with
    /// <paramref name="graceSeconds"/> or the pod's own; takes out the rest.
    /// </summary>
    public Task<DeleteOutcome> RequestDelete<T>(
        ResourceKind<T> kind, string? ns, string name, string? uid, long? graceSeconds, CancellationToken ct)
        where T : class =>
        throw new NotImplementedException();
}
