namespace Edge.Proto.Sync;

/// <summary>The bounds of a replicated map, each with its reason.</summary>
public static class MapLimits
{
    /// <summary>Keys and values of one map: what a device of 1 GiB can hold twice during a snapshot.</summary>
    public const int MapBytesMax = 32 * 1024 * 1024;

    /// <summary>Counted for each entry besides its bytes, so that many tiny keys also stay within the bound.</summary>
    public const int EntryOverheadBytes = 32;

    /// <summary>The body of one transfer before compression: a whole map with its framing.</summary>
    public const int BodyBytesMax = MapBytesMax + (1024 * 1024);

    /// <summary>Bytes of a transfer in one packet: with header, session and topic it stays under 64 KiB.</summary>
    public const int ChunkBytes = 48 * 1024;

    /// <summary>
    /// More chunks than this no body can have; a header that says so is refused before anything is kept.
    /// </summary>
    public const int ChunksMax = (BodyBytesMax / ChunkBytes) + 2;

    /// <summary>
    /// Chunks sent beyond the last that the receiver confirmed: about 400 KiB, far below a broker's queue.
    /// </summary>
    public const int ChunkWindowMax = 8;

    /// <summary>
    /// Removed keys a writer remembers for a reader that is away; beyond it the reader lists its keys.
    /// </summary>
    public const int TombstonesMax = 4096;
}
