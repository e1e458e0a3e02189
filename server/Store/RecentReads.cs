namespace Edge.Server.Store;

/// <summary>
/// The records of what was read last. A change of a pod is read by half a dozen loops within a moment; records never
/// change, so they can share one. Known by the very bytes, which no other store or revision has.
/// </summary>
internal static class RecentReads<T> where T : class
{
    /// <summary>A few commits' worth; of pods these are some 500 KB at most.</summary>
    private const int Places = 128;

    private static readonly Entry?[] s_entries = new Entry?[Places];

    private sealed record Entry(long Revision, ReadOnlyMemory<byte> Value, T Read);

    public static T? Find(StoredObject stored) =>
        Volatile.Read(ref s_entries[Place(stored)]) is { } entry
            && entry.Revision == stored.Revision && entry.Value.Equals(stored.Value)
            ? entry.Read
            : null;

    public static void Add(StoredObject stored, T read) =>
        Volatile.Write(ref s_entries[Place(stored)], new Entry(stored.Revision, stored.Value, read));

    private static int Place(StoredObject stored) => (int)((ulong)stored.Revision % Places);
}
