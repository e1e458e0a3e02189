namespace Edge.Server.Store;

/// <summary>A condition of a transaction: the key's revision must be this one; 0 means the key is absent.</summary>
internal readonly record struct Compare(string Key, long Revision);

/// <summary>One write of a transaction: a put, or a delete where <see cref="IsDelete"/> says so.</summary>
internal readonly record struct StoreOp
{
    private StoreOp(string key, ReadOnlyMemory<byte> value, bool isDelete) =>
        (Key, Value, IsDelete) = (key, value, isDelete);

    public string Key { get; }

    public ReadOnlyMemory<byte> Value { get; }

    public bool IsDelete { get; }

    /// <summary>The store keeps <paramref name="value"/> itself, so the caller must not write to it again.</summary>
    public static StoreOp Put(string key, ReadOnlyMemory<byte> value) => new(key, value, isDelete: false);

    /// <summary>Deleting an absent key changes nothing and takes no revision.</summary>
    public static StoreOp Delete(string key) => new(key, default, isDelete: true);
}

/// <summary>What became of a transaction.</summary>
internal abstract record TxnResult
{
    private TxnResult()
    {
    }

    /// <summary>
    /// Every op is applied. Each op that changed something got its own revision, ascending in the order given;
    /// <paramref name="Revision"/> is the last of them, or the store's when nothing changed.
    /// </summary>
    internal sealed record Committed(long Revision) : TxnResult;

    /// <summary>
    /// Nothing is applied, because this compare failed; <paramref name="Current"/> is null when absent.
    /// </summary>
    internal sealed record Conflict(string Key, StoredObject? Current) : TxnResult;
}
