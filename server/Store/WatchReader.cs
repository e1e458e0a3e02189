namespace Edge.Server.Store;

/// <summary>One watch's place in the window. Guarded by the hub's gate; the signal is awaited outside it.</summary>
internal sealed class WatchReader(string prefix, long next)
{
    public string Prefix { get; } = prefix;

    /// <summary>
    /// The first revision not looked at yet. It stands still while the reader is parked, because nothing that was
    /// appended since concerns it; the hub sets it on waking.
    /// </summary>
    public long Next { get; set; } = next;

    public bool BookmarkDue { get; set; }

    /// <summary>Set when the reader is parked, done when it is woken.</summary>
    public TaskCompletionSource Signal { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
