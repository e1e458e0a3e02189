namespace Edge.Server.Store;

/// <summary>
/// Fans committed changes out to watchers from one bounded window. The writer appends, readers take at their own
/// speed; a reader that falls out of the window is told so (Compacted) and lists again, so that a slow client costs
/// no memory. Revisions in the window have no gaps, so a revision is also a position.
/// </summary>
internal sealed class WatchHub(long startRevision)
{
    /// <summary>Changes kept: 4 s of the busiest writing measured, minutes to hours of a common day.</summary>
    public const int WindowChanges = 32_768;

    /// <summary>
    /// Bytes of values in the window at most; those that nothing newer has replaced are in memory anyway.
    /// </summary>
    public const long WindowBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Changes looked at under the gate at once, so that one reader cannot hold the writer up for long.
    /// </summary>
    private const int ScanAtOnce = 1024;

    /// <summary>
    /// Bytes of values that a reader is handed at once, the last one beyond it: what a slow reader keeps from being
    /// freed.
    /// </summary>
    public const int TakeBytes = 256 * 1024;

    private const int FirstCapacity = 256;

    private readonly Lock _gate = new();
    private readonly HashSet<WatchReader> _readers = [];
    private readonly List<WatchReader> _parked = [];
    private Change[] _ring = new Change[FirstCapacity];
    private long _tail = startRevision;
    private long _floor = startRevision;
    private long _bytes;
    private StoreException? _closed;

    public int ReaderCount
    {
        get
        {
            lock (_gate)
            {
                return _readers.Count;
            }
        }
    }

    /// <summary>
    /// The revision may be ahead of the window by what readers see already but the writer still appends.
    /// </summary>
    public WatchReader Open(string prefix, long fromRevision)
    {
        lock (_gate)
        {
            var reader = new WatchReader(prefix, fromRevision + 1);
            _readers.Add(reader);
            return reader;
        }
    }

    public void Close(WatchReader reader)
    {
        lock (_gate)
        {
            _readers.Remove(reader);
            _parked.Remove(reader);
        }
    }

    /// <summary>Takes changes whose revisions follow the last one without a gap.</summary>
    public void Append(ReadOnlySpan<Change> changes)
    {
        lock (_gate)
        {
            foreach (ref readonly var change in changes)
            {
                Keep(in change);
            }

            for (var i = _parked.Count - 1; i >= 0; i--)
            {
                var reader = _parked[i];
                if (FirstMatch(reader, changes) is { } revision)
                {
                    Wake(i, revision);
                }
            }
        }
    }

    /// <summary>Lets every reader say up to where it has seen everything.</summary>
    public void AskBookmarks()
    {
        lock (_gate)
        {
            foreach (var reader in _readers)
            {
                reader.BookmarkDue = true;
            }

            for (var i = _parked.Count - 1; i >= 0; i--)
            {
                Wake(i, Math.Max(_tail + 1, _parked[i].Next));
            }
        }
    }

    /// <summary>Ends the reader's wait, if it waits; it is to look whether it was cancelled.</summary>
    public void Stop(WatchReader reader)
    {
        lock (_gate)
        {
            var parked = _parked.IndexOf(reader);
            if (parked >= 0)
            {
                Wake(parked, reader.Next);
            }
        }
    }

    /// <summary>Ends every watch, those that come later included.</summary>
    public void Shut(StoreException reason)
    {
        lock (_gate)
        {
            _closed = reason;
            for (var i = _parked.Count - 1; i >= 0; i--)
            {
                Wake(i, _parked[i].Next);
            }
        }
    }

    /// <summary>Moves what is there into <paramref name="into"/>; when that is nothing, the task to wait for.</summary>
    public Task? Take(WatchReader reader, List<Change> into)
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw _closed;
            }

            if (reader.Next <= _floor)
            {
                throw new StoreException(StoreReason.Compacted,
                    $"too old resource version: {reader.Next - 1} ({_floor})");
            }

            var end = Math.Min(_tail, reader.Next + ScanAtOnce - 1);
            for (var bytes = 0L; reader.Next <= end && bytes < TakeBytes; reader.Next++)
            {
                ref var change = ref Slot(reader.Next);
                if (change.Object.Key.StartsWith(reader.Prefix, StringComparison.Ordinal))
                {
                    into.Add(change);
                    bytes += change.Object.Value.Length + (change.Previous?.Value.Length ?? 0);
                }
            }

            if (reader.BookmarkDue)
            {
                reader.BookmarkDue = false;
                into.Add(new Change(ChangeType.Bookmark, new StoredObject("", reader.Next - 1, default), null));
            }

            return into.Count > 0 || reader.Next <= _tail ? null : Park(reader);
        }
    }

    private Task Park(WatchReader reader)
    {
        reader.Signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _parked.Add(reader);
        return reader.Signal.Task;
    }

    private void Wake(int parkedIndex, long next)
    {
        var reader = _parked[parkedIndex];
        _parked[parkedIndex] = _parked[^1];
        _parked.RemoveAt(_parked.Count - 1);
        reader.Next = next;
        reader.Signal.SetResult();
    }

    private static long? FirstMatch(WatchReader reader, ReadOnlySpan<Change> changes)
    {
        foreach (ref readonly var change in changes)
        {
            if (change.Object.Revision >= reader.Next
                && change.Object.Key.StartsWith(reader.Prefix, StringComparison.Ordinal))
            {
                return change.Object.Revision;
            }
        }

        return null;
    }

    private void Keep(in Change change)
    {
        if (_tail - _floor == _ring.Length)
        {
            if (_ring.Length < WindowChanges)
            {
                Grow();
            }
            else
            {
                DropOldest();
            }
        }

        _tail++;
        Slot(_tail) = change;
        _bytes += change.Object.Value.Length;
        while (_bytes > WindowBytes && _floor < _tail)
        {
            DropOldest();
        }
    }

    private void DropOldest()
    {
        _floor++;
        ref var slot = ref Slot(_floor);
        _bytes -= slot.Object.Value.Length;
        slot = default;
    }

    private void Grow()
    {
        var larger = new Change[_ring.Length * 2];
        for (var revision = _floor + 1; revision <= _tail; revision++)
        {
            larger[revision % larger.Length] = Slot(revision);
        }

        _ring = larger;
    }

    private ref Change Slot(long revision) => ref _ring[revision % _ring.Length];
}
