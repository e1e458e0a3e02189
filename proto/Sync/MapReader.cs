using Edge.Proto.Link;

namespace Edge.Proto.Sync;

/// <summary>
/// The reading side of a replicated map. It keeps the hash of each entry, not the values: those are wherever its
/// owner commits them. Its place (epoch and version) lives in memory only; after a restart equal digests find it
/// again. Not thread-safe; does no I/O; time is an argument.
/// <code>
///  closed ──Open, equal digest or same epoch──▶ placed ──delta──▶ committing ──Committed, ack──▶ placed
///     └─────────Open, else──▶ listing ──snapshot──▶ committing        placed ──what does not fit──▶ listing
/// </code>
/// </summary>
public sealed class MapReader
{
    private readonly Map _map;
    private readonly Random _random;
    private readonly Action<Envelope> _send;
    private readonly ReaderRules _rules;
    private readonly TransferReceiver _incoming = new();

    /// <summary>Lists that lead nowhere must not chase each other.</summary>
    private readonly Backoff _listAgain;
    private TimeSpan _listDue;
    private readonly EntryHashes _entries = new();
    private TransferSender? _listing;
    private ulong _lists;
    private ulong _epoch;
    private ulong _version;
    private bool _open;
    private Standing? _openedWhileCommitting;
    private MapChange? _offered;

    public MapReader(Map map, IEnumerable<MapEntry> durable, Random random, Action<Envelope> send)
        : this(map, durable, random, send, ReaderRules.Right)
    {
    }

    /// <summary>For the test that shows that the simulation finds a reader which breaks a rule.</summary>
    internal MapReader(
        Map map, IEnumerable<MapEntry> durable, Random random, Action<Envelope> send, ReaderRules rules)
    {
        (_map, _random, _send, _rules) = (map, random, send, rules);
        _listAgain = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), random);
        _entries.Apply(durable, []);
    }

    public Standing Standing => new(_epoch, _version, _entries.Digest);

    /// <summary>The change to commit now, or null. It stays until <see cref="Committed"/>.</summary>
    public MapChange? Pending { get; private set; }

    public TimeSpan? Due => _open && Pending is null ? _listing?.Due : null;

    /// <summary>This map is what the writer had there, or something newer of it.</summary>
    public bool HasReached(Standing writer) => writer.Epoch != 0 && writer.Epoch == _epoch
        && (_version > writer.Version || (_version == writer.Version && _entries.Digest == writer.Digest));

    /// <summary>A session opened whose writer stands there.</summary>
    public void Open(Standing? writer, TimeSpan now)
    {
        _open = true;
        _listing = null;
        _incoming.Clear();
        if (Pending is not null)
        {
            // The commit under way decides where this reader stands.
            _openedWhileCommitting = writer ?? default(Standing);
            return;
        }

        Place(writer ?? default, now);
    }

    public void Close()
    {
        _open = false;
        _openedWhileCommitting = null;
        _listing = null;
        _incoming.Clear();
    }

    /// <summary>Where the writer stands by its heartbeat: equal places must have equal digests.</summary>
    public void OnWriter(Standing writer, TimeSpan now)
    {
        if (!_open || Pending is not null || _listing is not null)
        {
            return;
        }

        if (writer.Epoch != _epoch)
        {
            Place(writer, now);
        }
        else if (writer.Version == _version && writer.Digest != _entries.Digest)
        {
            List(now);
        }
    }

    /// <summary>A piece of a delta or snapshot.</summary>
    public void OnChunk(Chunk chunk, TimeSpan now)
    {
        if (!_open || Pending is not null)
        {
            return;
        }

        if (_listing is not null)
        {
            TakeSnapshot(chunk, now);
            return;
        }

        if (chunk.Epoch == _epoch && (chunk.To <= _version || chunk.Kind == ChunkKind.Snapshot))
        {
            Acknowledge();
        }
        else if (chunk.Epoch == _epoch && chunk.From <= _version)
        {
            TakeDelta(chunk, now);
        }
        else
        {
            List(now);
        }
    }

    public void OnProgress(Progress progress, TimeSpan now) => _listing?.OnProgress(progress, now);

    /// <summary>The pending change is on disk.</summary>
    public void Committed(TimeSpan now)
    {
        if (Pending is not { } change)
        {
            return;
        }

        Pending = null;
        _offered = null;
        _entries.Apply(change.Upserts, change.Removals);
        (_epoch, _version) = (change.Result.Epoch, change.Result.Version);
        _listing = null;
        _listAgain.Reset();
        if (_openedWhileCommitting is { } writer)
        {
            _openedWhileCommitting = null;
            Place(writer, now);
        }

        if (_open && _listing is null)
        {
            Acknowledge();
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Poll(TimeSpan now)
    {
        if (_open && Pending is null)
        {
            _listing?.Poll(now, _send);
        }
    }

    /// <summary>The pending change, once: null until the next one.</summary>
    public MapChange? TakeOffer()
    {
        if (Pending is null || ReferenceEquals(Pending, _offered))
        {
            return null;
        }

        return _offered = Pending;
    }

    private void Place(Standing writer, TimeSpan now)
    {
        if (writer.Epoch != 0 && (writer.Digest == _entries.Digest || !_rules.ChecksPlace))
        {
            (_epoch, _version) = (writer.Epoch, writer.Version);
        }
        else if (writer.Epoch == 0 || writer.Epoch != _epoch || writer.Version < _version)
        {
            List(now);
        }
    }

    /// <summary>Gives up the place and asks for what differs.</summary>
    private void List(TimeSpan now)
    {
        (_epoch, _version) = (0, 0);
        _incoming.Clear();
        var header = new Chunk { Map = _map, Kind = ChunkKind.Keys, From = ++_lists };
        _listing = new TransferSender(header, _entries.ToMessage(), _random, Times.Latest(now, _listDue));
        _listDue = now + _listAgain.Next();
    }

    private void Acknowledge() =>
        _send(new Envelope { Ack = new Ack { Map = _map, Epoch = _epoch, Version = _version } });

    private void TakeDelta(Chunk chunk, TimeSpan now)
    {
        if (_incoming.Take(chunk, _send) is { } body && !Offer(chunk, body, snapshot: false))
        {
            List(now);
        }
    }

    private void TakeSnapshot(Chunk chunk, TimeSpan now)
    {
        if (chunk.Kind != ChunkKind.Snapshot || chunk.From != _listing!.Header.From)
        {
            return;
        }

        _listing.Postpone(now);
        if (_incoming.Take(chunk, _send) is { } body && !Offer(chunk, body, snapshot: _entries.Count == 0))
        {
            List(now);
        }
    }

    /// <summary>Makes the change pending if the map would then be what the writer had at that version.</summary>
    private bool Offer(Chunk chunk, byte[] body, bool snapshot)
    {
        if (Digest.FromBytes(chunk.Digest.Span) is not { } digest
            || !TransferBody.TryRead(body, Changes.Parser, out var changes))
        {
            return false;
        }

        var upserts = changes.Upserts.Select(entry => new MapEntry(entry.Key, entry.Value.Memory)).ToList();
        var (result, bytes) = _entries.After(upserts, changes.Removals);
        if (bytes > MapLimits.MapBytesMax || (result.Sum != digest && _rules.ChecksDigest))
        {
            return false;
        }

        Pending = new MapChange(upserts, [.. changes.Removals], snapshot)
        {
            Result = new Standing(chunk.Epoch, chunk.To, result),
        };
        if (_rules.AcknowledgesAfterCommit)
        {
            return true;
        }

        _send(new Envelope { Ack = new Ack { Map = _map, Epoch = chunk.Epoch, Version = chunk.To } });
        return true;
    }
}
