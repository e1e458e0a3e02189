namespace Edge.Proto.Sync;

/// <summary>The bounds of a replicated map, each with its reason.</summary>
public static class MapLimits
{
    /// <summary>Keys and values of one map: what a device of 1 GiB can hold twice during a snapshot.</summary>
    public const int MapBytesMax = 32 * 1024 * 1024;

    /// <summary>Bytes of a transfer in one packet: with header, session and topic it stays under 64 KiB.</summary>
    public const int ChunkBytes = 48 * 1024;

    /// <summary>Chunks sent beyond the last that the receiver confirmed: about 400 KiB, far below a broker's queue.</summary>
    public const int ChunkWindow = 8;
}
