namespace Edge.Server.Store;

/// <summary>Why the store could not answer.</summary>
internal enum StoreReason
{
    /// <summary>The revision to watch from has left the window; list again.</summary>
    Compacted,

    /// <summary>The revision to watch from was not reached yet.</summary>
    FutureRevision,

    /// <summary>The disk is full; nothing of the transaction was written.</summary>
    Full,

    /// <summary>The database failed; the store takes no more writes and the process must end.</summary>
    Broken,

    /// <summary>The store was closed.</summary>
    Closed,

    /// <summary>The object is stored, but its record cannot hold it.</summary>
    Unreadable,
}

/// <summary>The store could not answer; <see cref="Reason"/> says why.</summary>
internal sealed class StoreException(StoreReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StoreReason Reason { get; } = reason;
}
