namespace Edge.Server.Store;

/// <summary>Where the store keeps its file and how it protects Secrets.</summary>
/// <param name="Path">The SQLite file; its directory must exist.</param>
/// <param name="SecretKey">32 bytes for AES-256-GCM over Secret values; see <see cref="SecretKeyFile"/>.</param>
internal sealed record StoreSettings(string Path, ReadOnlyMemory<byte> SecretKey)
{
    /// <summary>
    /// Pages (4 KiB) in the write-ahead log after which SQLite copies them into the file, while everybody waits. Four
    /// times its own default: pages that change again and again are copied once.
    /// </summary>
    public int CheckpointPages { get; init; } = 4000;

    /// <summary>False where somebody else decides what runs when: a simulation.</summary>
    public bool WritesOnOwnThread { get; init; } = true;
}
