using Edge.Proto.Model;

namespace Edge.Server.Store;

/// <summary>
/// The records of the small objects that were read last. A change of a pod is read by half a dozen loops within a
/// moment; records never change, so they can share one. Known by the very bytes, which no other store or revision has.
/// Each record is kept until another one takes its place.
/// </summary>
internal static class RecentReads<T> where T : class
{
    /// <summary>A few commits' worth.</summary>
    private const int Places = 128;

    /// <summary>In bytes. Larger objects are read so rarely that keeping 128 of them would cost more.</summary>
    private const int SizeMax = 16 * 1024;

    private static readonly Entry?[] s_entries = new Entry?[Places];

    private sealed record Entry(long Revision, ReadOnlyMemory<byte> Value, T Read);

    public static T? Find(StoredObject stored) =>
        Volatile.Read(ref s_entries[Place(stored)]) is { } entry
            && entry.Revision == stored.Revision && entry.Value.Equals(stored.Value)
            ? entry.Read
            : null;

    public static void Add(StoredObject stored, T read)
    {
        // The values of secrets are not kept in memory a moment longer than somebody needs them.
        if (stored.Value.Length <= SizeMax && read is not Secret)
        {
            Volatile.Write(ref s_entries[Place(stored)], new Entry(stored.Revision, stored.Value, read));
        }
    }

    private static int Place(StoredObject stored) => (int)((ulong)stored.Revision % Places);
}
