namespace Edge.Server.Store;

/// <summary>A transaction on its way to the writer, its values encoded already by the caller's thread.</summary>
internal sealed class PendingTxn(
    IReadOnlyList<Compare> compares, IReadOnlyList<StoreOp> ops, IReadOnlyList<byte[]?> encoded)
{
    public IReadOnlyList<Compare> Compares { get; } = compares;

    public IReadOnlyList<StoreOp> Ops { get; } = ops;

    /// <summary>As it goes to disk, op by op; null for deletes and memory-only keys.</summary>
    public IReadOnlyList<byte[]?> Encoded { get; } = encoded;

    /// <summary>Where the database is to be copied to once all before is on disk; null for what is no backup.</summary>
    public string? BackupPath { get; init; }

    public TaskCompletionSource<TxnResult> Outcome { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
