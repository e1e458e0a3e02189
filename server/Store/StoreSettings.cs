namespace Edge.Server.Store;

/// <summary>Where the store keeps its file and how it protects Secrets.</summary>
/// <param name="Path">The SQLite file; its directory must exist.</param>
/// <param name="SecretKey">32 bytes for AES-256-GCM over Secret values; see <see cref="SecretKeyFile"/>.</param>
internal sealed record StoreSettings(string Path, ReadOnlyMemory<byte> SecretKey)
{
    /// <summary>
    /// Pages in the write-ahead log after which SQLite copies them into the file: 16 MB. Copying takes flushes of its
    /// own, while nobody's write is acknowledged: at SQLite's default of 1000 there were up to 7 % less creates.
    /// </summary>
    public int CheckpointPages { get; init; } = 4000;

    /// <summary>False where somebody else decides what runs when: a simulation.</summary>
    public bool WritesOnOwnThread { get; init; } = true;
}
