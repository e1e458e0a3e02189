using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.Proto.Model;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Server.Store;

/// <summary>
/// Typed reading and safe writing over <see cref="ObjectStore"/> for Fleet, Schedule and Control. Writing edits the
/// stored JSON tree, so fields that our records do not know survive. An object that its record cannot hold ends no
/// loop: in a list it is logged and left out, asked for by name it is a <see cref="StoreException"/> Unreadable.
/// </summary>
/// <param name="store">Holds the objects.</param>
/// <param name="time">Stamps new objects.</param>
/// <param name="newUid">Makes a uid that was never used.</param>
/// <param name="log">Where unreadable objects are told; null for nowhere.</param>
internal sealed class Objects(
    ObjectStore store, TimeProvider time, Func<string> newUid, ILogger<Objects>? log = null)
{
    private readonly ILogger _log = log ?? NullLogger<Objects>.Instance;

    public ObjectStore Store { get; } = store;

    public string NewUid() => newUid();

    /// <summary>Null when it is absent.</summary>
    /// <exception cref="StoreException">It is there, but unreadable.</exception>
    public T? Get<T>(ResourceKind<T> kind, string? ns, string name) where T : class =>
        Store.Get(kind.KeyOf(ns, name)) is { } stored ? Read(kind, stored) : null;

    /// <summary>All objects of the kind, or of one namespace; metadata.resourceVersion is filled.</summary>
    public IEnumerable<T> List<T>(ResourceKind<T> kind, string? ns = null) where T : class =>
        Store.Current.Range(kind.Prefix(ns)).Select(stored => TryRead(kind, stored, _log)).OfType<T>();

    /// <summary>Reads a stored object (of a watch, of a listing) as its record, resourceVersion filled.</summary>
    /// <exception cref="StoreException">Unreadable.</exception>
    public static T Read<T>(ResourceKind<T> kind, StoredObject stored) where T : class
    {
        if (RecentReads<T>.Find(stored) is { } known)
        {
            return known;
        }

        try
        {
            var read = JsonSerializer.Deserialize(ObjectBytes.WithRevision(stored), kind.Json)
                ?? throw new InvalidDataException("it is null");
            RecentReads<T>.Add(stored, read);
            return read;
        }
        catch (Exception fault) when (fault is JsonException or InvalidDataException or FormatException
            or ArgumentException or OverflowException)
        {
            throw new StoreException(
                StoreReason.Unreadable, $"object \"{stored.Key}\" is no {kind.Kind} that we can read", fault);
        }
    }

    /// <inheritdoc cref="TryRead{T}(ResourceKind{T}, StoredObject, ILogger)"/>
    public T? TryRead<T>(ResourceKind<T> kind, StoredObject stored) where T : class => TryRead(kind, stored, _log);

    /// <summary>As <see cref="Read"/>, but null (and logged) when the object is unreadable.</summary>
    public static T? TryRead<T>(ResourceKind<T> kind, StoredObject stored, ILogger log) where T : class
    {
        try
        {
            return Read(kind, stored);
        }
        catch (StoreException fault) when (fault.Reason == StoreReason.Unreadable)
        {
            log.Unreadable(fault, stored.Key);
            return null;
        }
    }

    /// <summary>
    /// Read, change, write, again on conflict. <paramref name="change"/> gets a fresh tree (metadata.resourceVersion
    /// filled) and returns it changed, or null for no change. It may run several times. What it returns is stored as
    /// it is: a status edit and a spec edit are the same here, generation is the caller's.
    /// </summary>
    public Task<UpdateOutcome> Update<T>(
        ResourceKind<T> kind, string? ns, string name, Func<JsonObject, JsonObject?> change, CancellationToken ct)
        where T : class =>
        Update(kind.KeyOf(ns, name), change, ct);

    /// <summary>Puts a status on the object, if it is still the one that was read.</summary>
    public Task<UpdateOutcome> UpdateStatus<T>(
        ResourceKind<T> kind, ObjectMeta read, JsonNode status, CancellationToken ct) where T : class =>
        Update(kind, read.Namespace, read.Name!, tree =>
        {
            if (tree["metadata"]?["uid"]?.GetValue<string>() != read.Uid)
            {
                return null;
            }

            tree["status"] = status.DeepClone();
            return tree;
        }, ct);

    /// <summary>The same for an object of any kind, by its store key.</summary>
    public async Task<UpdateOutcome> Update(
        string key, Func<JsonObject, JsonObject?> change, CancellationToken ct)
    {
        var resource = StoreKeys.Parts(key).Resource;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            if (Store.Get(key) is not { } current)
            {
                return new UpdateOutcome.Missing();
            }

            if (change(ObjectBytes.Read(current)) is not { } changed)
            {
                return new UpdateOutcome.Unchanged();
            }

            var bytes = ObjectBytes.Write(changed);
            if (IsSame(bytes, current))
            {
                return new UpdateOutcome.Unchanged();
            }

            var op = Deletion.IsReleased(resource, changed) ? StoreOp.Delete(key) : StoreOp.Put(key, bytes);
            if (await Store.Txn([new Compare(key, current.Revision)], [op], ct) is TxnResult.Committed done)
            {
                return new UpdateOutcome.Updated(done.Revision);
            }
        }
    }

    /// <summary>
    /// What must hold for a new object in the namespace: that it is as it is now. Null when it takes none, because it
    /// is not there or on its way out.
    /// </summary>
    public Compare? OpenNamespace(string name) =>
        Store.Get(Resources.Namespaces.KeyOf(null, name)) is { } stored
            && ObjectHead.TryRead(stored) is not { IsBeingDeleted: true }
            ? new Compare(stored.Key, stored.Revision)
            : null;

    /// <summary>Stores a new object; uid and creationTimestamp are filled where absent.</summary>
    public Task<CreateOutcome> Create<T>(ResourceKind<T> kind, T value, CancellationToken ct) where T : class =>
        Create(kind, value, [], ct);

    /// <summary>Stores a new object if the conditions hold; they are the caller's to look at again if not.</summary>
    public async Task<CreateOutcome> Create<T>(
        ResourceKind<T> kind, T value, IReadOnlyList<Compare> conditions, CancellationToken ct) where T : class
    {
        var tree = JsonSerializer.SerializeToNode(value, kind.Json)!.AsObject();
        var metadata = tree["metadata"]!.AsObject();
        metadata["uid"] ??= NewUid();
        metadata["creationTimestamp"] ??= TimeJson.Text(time.GetUtcNow());
        var name = metadata["name"]?.GetValue<string>();
        if (string.IsNullOrEmpty(name))
        {
            throw new ArgumentException($"a new {kind.Kind} needs a name", nameof(value));
        }

        var key = kind.KeyOf(metadata["namespace"]?.GetValue<string>(), name);
        var absent = new Compare(key, 0);
        return await Store.Txn([absent, .. conditions], [StoreOp.Put(key, ObjectBytes.Write(tree))], ct) switch
        {
            TxnResult.Committed => CreateOutcome.Created,
            TxnResult.Conflict taken when taken.Key == key => CreateOutcome.AlreadyExists,
            _ => CreateOutcome.Overtaken,
        };
    }

    /// <summary>Takes the object out now, whatever its finalizers; <paramref name="uid"/> null for any.</summary>
    public Task<DeleteOutcome> Delete<T>(
        ResourceKind<T> kind, string? ns, string name, string? uid, CancellationToken ct) where T : class =>
        Remove(kind.KeyOf(ns, name), uid, _ => new DeletionStep.Remove(), ct);

    /// <summary>
    /// Deletes as a user would: marks with deletionTimestamp what has finalizers or (a pod) is bound to a node, with
    /// <paramref name="graceSeconds"/> or the pod's own; takes out the rest.
    /// </summary>
    public Task<DeleteOutcome> RequestDelete<T>(
        ResourceKind<T> kind, string? ns, string name, string? uid, long? graceSeconds, CancellationToken ct)
        where T : class =>
        RequestDelete(kind, ns, name, uid, new DeletionWish(graceSeconds), ct);

    /// <summary>The same, with what is to become of its dependents.</summary>
    public Task<DeleteOutcome> RequestDelete<T>(
        ResourceKind<T> kind, string? ns, string name, string? uid, DeletionWish wish, CancellationToken ct)
        where T : class =>
        Remove(kind.KeyOf(ns, name), uid,
            tree => Deletion.Plan(kind.Resource, tree, wish, time.GetUtcNow()), ct);

    /// <summary>
    /// One try to delete an object of any kind as it was seen. Null, and nothing is written, when it or what the
    /// conditions name has changed since.
    /// </summary>
    public Task<DeleteOutcome?> TryDelete(
        StoredObject seen, DeletionWish wish, IReadOnlyList<Compare> conditions, CancellationToken ct) =>
        TryRemove(seen, ObjectBytes.Read(seen), conditions,
            tree => Deletion.Plan(StoreKeys.Parts(seen.Key).Resource, tree, wish, time.GetUtcNow()), ct);

    private async Task<DeleteOutcome> Remove(
        string key, string? uid, Func<JsonObject, DeletionStep> plan, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            if (Store.Get(key) is not { } current)
            {
                return DeleteOutcome.Missing;
            }

            var tree = ObjectBytes.Read(current);
            if (uid is not null && tree["metadata"]?["uid"]?.GetValue<string>() != uid)
            {
                return DeleteOutcome.OtherUid;
            }

            if (await TryRemove(current, tree, [], plan, ct) is { } outcome)
            {
                return outcome;
            }
        }
    }

    private async Task<DeleteOutcome?> TryRemove(
        StoredObject seen, JsonObject tree, IReadOnlyList<Compare> conditions, Func<JsonObject, DeletionStep> plan,
        CancellationToken ct)
    {
        var step = plan(tree);
        if (step is DeletionStep.Nothing)
        {
            return DeleteOutcome.Marked;
        }

        var op = step is DeletionStep.Mark mark
            ? StoreOp.Put(seen.Key, ObjectBytes.Write(mark.Object))
            : StoreOp.Delete(seen.Key);
        return await Store.Txn([new Compare(seen.Key, seen.Revision), .. conditions], [op], ct) is TxnResult.Committed
            ? op.IsDelete ? DeleteOutcome.Deleted : DeleteOutcome.Marked
            : null;
    }

    /// <summary>The same fields in another order are the same object; they are as long.</summary>
    private static bool IsSame(byte[] bytes, StoredObject current) =>
        bytes.Length == current.Value.Length
        && (bytes.AsSpan().SequenceEqual(current.Value.Span)
            || JsonNode.DeepEquals(ObjectBytes.Tree(bytes), ObjectBytes.Tree(current.Value.Span)));
}
