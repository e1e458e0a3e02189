using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Edge.Server.Store;

/// <summary>
/// The one writer: takes whatever transactions wait, applies them to a draft, commits the draft to disk, and only then
/// lets readers, watchers and callers see it (group commit: while one commit is at the disk the next batch gathers).
/// </summary>
internal sealed class StoreWriter : IDisposable
{
    /// <summary>
    /// Jump at each start, so that revisions given out and then lost with a crash are never used again.
    /// </summary>
    public const long StartJump = 1 << 20;

    /// <summary>Transactions that may wait; more callers wait to get in line.</summary>
    private const int QueueMax = 4096;

    /// <summary>Transactions in one commit; larger batches gain nothing measurable and lengthen the wait.</summary>
    private const int BatchMax = 512;

    public const int SqliteFull = 13;

    private readonly KvDatabase _database;
    private readonly WatchHub _hub;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly EventExpiry _expiry = new();
    private readonly Channel<PendingTxn> _queue = Channel.CreateBounded<PendingTxn>(
        new BoundedChannelOptions(QueueMax) { SingleReader = true });

    private volatile StoreSnapshot _current;
    private long _durableRevision;

    public StoreWriter(KvDatabase database, WatchHub hub, StoreSnapshot first, TimeProvider time, ILogger log)
    {
        (_database, _hub, _current, _time, _log) = (database, hub, first, time, log);
        _durableRevision = first.Revision;
    }

    public StoreSnapshot Current => _current;

    public async Task<TxnResult> Submit(PendingTxn txn, CancellationToken ct)
    {
        try
        {
            await _queue.Writer.WriteAsync(txn, ct);
        }
        catch (ChannelClosedException fault)
        {
            throw fault.InnerException as StoreException ?? Closed();
        }

        // In line it will be decided soon; to know how is worth more than to be gone a moment earlier.
        return await txn.Outcome.Task;
    }

    /// <summary>Lets due events go also while nobody writes.</summary>
    public void Tick()
    {
        if (!_expiry.IsEmpty)
        {
            // A full queue means that batches run anyway, and each looks for due events.
            _queue.Writer.TryWrite(new PendingTxn([], [], []));
        }
    }

    public void Stop() => _queue.Writer.TryComplete();

    public async Task Run()
    {
        var batch = new List<PendingTxn>(BatchMax);
        StoreException? end = null;
        while (end is null && await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < BatchMax && _queue.Reader.TryRead(out var txn))
            {
                batch.Add(txn);
            }

            end = Write(batch);
        }

        _hub.Shut(end ?? Closed());
        _queue.Writer.TryComplete(end);
        while (_queue.Reader.TryRead(out var late))
        {
            late.Outcome.SetException(end ?? Closed());
        }

        if (end is not null)
        {
            throw end;
        }
    }

    public void Dispose() => _database.Dispose();

    private static StoreException Closed() => new(StoreReason.Closed, "the store is closed");

    /// <summary>Returns the fault after which nothing more may be written, or null.</summary>
    private StoreException? Write(List<PendingTxn> batch)
    {
        try
        {
            Commit(batch);
            return null;
        }
#pragma warning disable CA1031 // Callers wait for their outcome without end: whatever happens, they must be told.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return Refuse(batch, fault);
        }
    }

    private void Commit(List<PendingTxn> batch)
    {
        var draft = new StoreDraft(_current);
        var results = batch.ConvertAll(draft.Apply);
        var now = _time.GetUtcNow();
        foreach (var key in _expiry.Due(draft.Changes, now))
        {
            draft.Delete(key);
        }

        Persist(draft);
        _expiry.Committed(draft.Changes, now);
        _current = draft.ToSnapshot();
        _hub.Append(CollectionsMarshal.AsSpan(draft.Changes));
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch[i].BackupPath is null)
            {
                batch[i].Outcome.SetResult(results[i]);
            }
        }

        foreach (var backup in batch.Where(txn => txn.BackupPath is not null))
        {
            BackUp(backup);
        }
    }

    /// <summary>Whatever is wrong with the other file, our own is as good as before.</summary>
    private void BackUp(PendingTxn backup)
    {
        try
        {
            _database.BackupTo(backup.BackupPath!);
            backup.Outcome.SetResult(new TxnResult.Committed(_durableRevision));
        }
#pragma warning disable CA1031 // Whatever it is, it must not end the store; it is the caller's.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            backup.Outcome.SetException(fault);
        }
    }

    private void Persist(StoreDraft draft)
    {
        // Memory-only changes use up revisions too; half of what the next start will jump over is left as reserve.
        if (draft.Rows.Count > 0 || draft.Revision - _durableRevision > StartJump / 2)
        {
            _database.Commit(draft.Rows, draft.Revision);
            _durableRevision = draft.Revision;
        }
    }

    private StoreException? Refuse(List<PendingTxn> batch, Exception fault)
    {
        var full = fault is SqliteException { SqliteErrorCode: SqliteFull };
        var reason = full
            ? new StoreException(StoreReason.Full, "the disk is full", fault)
            : new StoreException(StoreReason.Broken, "the database failed", fault);
        if (full)
        {
            _log.DiskFull(batch.Count);
        }
        else
        {
            // After a failed fsync nobody knows what the disk holds: trying again could acknowledge a lost write.
            _log.CommitFailed(fault);
        }

        foreach (var txn in batch)
        {
            txn.Outcome.TrySetException(reason);
        }

        return full ? null : reason;
    }
}
