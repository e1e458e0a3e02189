using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Store;

/// <summary>
/// Remembers objects, orders their changes and tells watchers. A write is seen by readers and watchers only after it
/// is on disk; Events and node leases are the exception and live in memory only.
/// </summary>
internal sealed class ObjectStore : IAsyncDisposable
{
    /// <summary>How often watchers hear up to where they have seen everything; as in Kubernetes.</summary>
    private static readonly TimeSpan s_bookmarkInterval = TimeSpan.FromMinutes(1);

    private const int SqliteCorrupt = 11;
    private const int SqliteNotADatabase = 26;

    private readonly ValueCodec _codec;
    private readonly WatchHub _hub;
    private readonly StoreWriter _writer;
    private readonly ITimer _timer;

    private ObjectStore(StoreSettings settings, ValueCodec codec, WatchHub hub, StoreWriter writer, TimeProvider time)
    {
        (_codec, _hub, _writer) = (codec, hub, writer);
        Completion = settings.WritesOnOwnThread ? OwnThread.Run("store", writer.Run) : writer.Run();
        _timer = time.CreateTimer(_ => OnMinute(), null, s_bookmarkInterval, s_bookmarkInterval);
    }

    /// <summary>The newest moment that readers see.</summary>
    public StoreSnapshot Current => _writer.Current;

    /// <summary>The revision of the newest change that readers see.</summary>
    public long Revision => _writer.Current.Revision;

    /// <summary>Watches that are open.</summary>
    public int Watches => _hub.ReaderCount;

    /// <summary>
    /// Ends when the store is closed and faults when the database failed, after which the process must end.
    /// </summary>
    public Task Completion { get; }

    /// <summary>Opens or makes the database and reads it whole.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or sealed with another key.</exception>
    public static ObjectStore Open(StoreSettings settings, TimeProvider time, ILogger<ObjectStore> log)
    {
        try
        {
            return Read(settings, time, log);
        }
        catch (SqliteException fault) when (fault.SqliteErrorCode is SqliteCorrupt or SqliteNotADatabase)
        {
            throw new InvalidDataException(
                $"\"{settings.Path}\" is damaged ({fault.Message}): give it a backup by edge-server restore", fault);
        }
    }

    private static ObjectStore Read(StoreSettings settings, TimeProvider time, ILogger<ObjectStore> log)
    {
        var codec = new ValueCodec(settings.SecretKey);
        var database = new KvDatabase(settings.Path, settings.CheckpointPages);
        StoreSnapshot snapshot;
        try
        {
            snapshot = StoreLoader.Load(database, codec, settings.Path, log);
        }
        catch
        {
            database.Dispose();
            codec.Dispose();
            throw;
        }

        log.Opened(snapshot.Count, snapshot.Revision);
        var hub = new WatchHub(snapshot.Revision);
        return new ObjectStore(settings, codec, hub, new StoreWriter(database, hub, snapshot, time, log), time);
    }

    /// <summary>Applies all ops, or none when a compare fails. Returns after the commit is on disk.</summary>
    /// <remarks>Cancelling ends the wait for a place in line, not a transaction that is in line already.</remarks>
    public Task<TxnResult> Txn(IReadOnlyList<Compare> compares, IReadOnlyList<StoreOp> ops, CancellationToken ct)
    {
        var encoded = new byte[]?[ops.Count];
        for (var i = 0; i < encoded.Length; i++)
        {
            encoded[i] = ops[i].IsDelete || StoreKeys.IsMemoryOnly(ops[i].Key)
                ? null
                : _codec.Encode(ops[i].Key, ops[i].Value.Span);
        }

        return _writer.Submit(new PendingTxn(compares, ops, encoded), ct);
    }

    /// <summary>
    /// Copies what is on disk, all that was acknowledged included, into another file (<see cref="StoreRestore"/> takes
    /// it). Nothing is written meanwhile: about as long as copying the file takes.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; the disk may be full.</exception>
    public async Task BackUp(string path, CancellationToken ct)
    {
        try
        {
            await _writer.Submit(new PendingTxn([], [], []) { BackupPath = path }, ct);
        }
        catch (SqliteException fault)
        {
            throw new IOException($"\"{path}\" cannot be written: {fault.Message}", fault);
        }
    }

    public StoredObject? Get(string key) => Current.Get(key);

    /// <summary>All objects whose key begins with <paramref name="prefix"/>, in key order, of one moment.</summary>
    public Listing List(string prefix)
    {
        var snapshot = Current;
        return new Listing(snapshot.Revision, snapshot.Range(prefix).ToList());
    }

    /// <summary>
    /// Every change after <paramref name="fromRevision"/>, once and in order, then what comes; about once a minute a
    /// bookmark. Throws <see cref="StoreException"/> Compacted when the revision, or this reader, is too far behind.
    /// </summary>
    public async IAsyncEnumerable<Change> Watch(
        string prefix, long fromRevision, [EnumeratorCancellation] CancellationToken ct)
    {
        var current = Revision;
        if (fromRevision > current)
        {
            throw new StoreException(StoreReason.FutureRevision,
                $"Too large resource version: {fromRevision}, current: {current}");
        }

        var reader = _hub.Open(prefix, fromRevision);
        using var stopping = ct.UnsafeRegister(_ => _hub.Stop(reader), null);
        var changes = new List<Change>();
        try
        {
            while (true)
            {
                ct.ThrowIfCancellationRequested();
                changes.Clear();
                if (_hub.Take(reader, changes) is { } more)
                {
                    if (ct.IsCancellationRequested)
                    {
                        // It came before there was a wait to end.
                        _hub.Stop(reader);
                    }

                    await more;
                }

                foreach (var change in changes)
                {
                    yield return change;
                }
            }
        }
        finally
        {
            _hub.Close(reader);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        _writer.Stop();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writer.Dispose();
        _codec.Dispose();
    }

    private void OnMinute()
    {
        _hub.AskBookmarks();
        _writer.Tick();
    }
}
