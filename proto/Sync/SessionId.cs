namespace Edge.Proto.Sync;

/// <summary>Random 64-bit numbers that name sessions, epochs and incarnations; never 0, which means none.</summary>
public static class SessionId
{
    public static ulong Next(Random random) => (ulong)random.NextInt64(1, long.MaxValue);
}
