using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Store;

/// <summary>
/// Remembers objects, orders their changes and tells watchers. A write is seen by readers and watchers only after it
/// is on disk; Events and node leases are the exception and live in memory only.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    /// <summary>Opens or makes the database and reads it whole.</summary>
    public static ObjectStore Open(StoreSettings settings, TimeProvider time, ILogger<ObjectStore> log) =>
        throw new NotImplementedException();

    /// <summary>The revision of the newest change that readers see.</summary>
    public long Revision => throw new NotImplementedException();

    /// <summary>Ends when the store is closed and faults when the database failed, after which the process must end.</summary>
    public Task Completion => throw new NotImplementedException();

    /// <summary>Applies all ops, or none when a compare fails. Returns after the commit is on disk.</summary>
    public Task<TxnResult> Txn(IReadOnlyList<Compare> compares, IReadOnlyList<StoreOp> ops, CancellationToken ct) =>
        throw new NotImplementedException();

    public StoredObject? Get(string key) => throw new NotImplementedException();

    /// <summary>All objects whose key begins with <paramref name="prefix"/>, in key order, of one moment.</summary>
    public Listing List(string prefix) => throw new NotImplementedException();

    /// <summary>
    /// Every change after <paramref name="fromRevision"/>, once and in order, then what comes; about once a minute a
    /// bookmark. Throws <see cref="StoreException"/> Compacted when the revision, or this reader, is too far behind.
    /// </summary>
    public async IAsyncEnumerable<Change> Watch(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken ct)
    {
        await Completion;
        throw new NotImplementedException();
#pragma warning disable CS0162
        yield break;
#pragma warning restore CS0162
    }

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
