namespace Edge.Server.Store;

/// <summary>Where the store keeps its file and how it protects Secrets.</summary>
/// <param name="Path">The SQLite file; its directory must exist.</param>
/// <param name="SecretKey">32 bytes for AES-256-GCM over Secret values; see <see cref="SecretKeyFile"/>.</param>
internal sealed record StoreSettings(string Path, ReadOnlyMemory<byte> SecretKey)
{
    /// <summary>Pages in the write-ahead log after which SQLite copies them into the file (its own default).</summary>
    public int CheckpointPages { get; init; } = 1000;

    /// <summary>False where somebody else decides what runs when: a simulation.</summary>
    public bool WritesOnOwnThread { get; init; } = true;
}
