using System.Collections.Immutable;

namespace Edge.Server.Store;

/// <summary>
/// The next snapshot in the making: the transactions of one batch, applied one after the other in memory. Nothing is
/// visible and nothing is lost when the draft is thrown away. Each change takes the next revision.
/// </summary>
internal sealed class StoreDraft
{
    private readonly ImmutableSortedSet<StoredObject>.Builder _objects;
    private readonly Dictionary<string, RowWrite> _rows = new(StringComparer.Ordinal);
    private readonly List<Change> _changes = [];
    private long _revision;

    public StoreDraft(StoreSnapshot from) => (_objects, _revision) = (from.Objects.ToBuilder(), from.Revision);

    public long Revision => _revision;

    public List<Change> Changes => _changes;

    /// <summary>The last write of each durable key; memory-only keys are not among them.</summary>
    public IReadOnlyCollection<RowWrite> Rows => _rows.Values;

    public TxnResult Apply(PendingTxn txn)
    {
        foreach (var compare in txn.Compares)
        {
            var current = Get(compare.Key);
            if ((current?.Revision ?? 0) != compare.Revision)
            {
                return new TxnResult.Conflict(compare.Key, current);
            }
        }

        for (var i = 0; i < txn.Ops.Count; i++)
        {
            if (txn.Ops[i].IsDelete)
            {
                Delete(txn.Ops[i].Key);
            }
            else
            {
                Put(txn.Ops[i], txn.Encoded[i]);
            }
        }

        return new TxnResult.Committed(_revision);
    }

    /// <summary>Deleting an absent key changes nothing.</summary>
    public void Delete(string key)
    {
        if (Get(key) is not { } previous)
        {
            return;
        }

        _objects.Remove(previous);
        var gone = previous with { Revision = ++_revision };
        _changes.Add(new Change(ChangeType.Delete, gone, previous));
        if (!StoreKeys.IsMemoryOnly(key))
        {
            _rows[key] = new RowWrite(key, gone.Revision, null);
        }
    }

    public StoreSnapshot ToSnapshot() => new(_revision, _objects.ToImmutable());

    private void Put(StoreOp op, byte[]? encoded)
    {
        var previous = Get(op.Key);
        var stored = new StoredObject(op.Key, ++_revision, op.Value);
        if (previous is { } old)
        {
            _objects.Remove(old);
        }

        _objects.Add(stored);
        _changes.Add(new Change(ChangeType.Put, stored, previous));
        if (encoded is not null)
        {
            _rows[op.Key] = new RowWrite(op.Key, stored.Revision, encoded);
        }
    }

    private StoredObject? Get(string key) =>
        _objects.TryGetValue(new StoredObject(key, 0, default), out var found) ? found : null;
}
