using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>
/// The writing side of a replicated map. One transfer is on its way at a time; what changes meanwhile goes with
/// the next, and only the latest value of a key is ever sent. Not thread-safe; does no I/O; time is an argument.
/// <code>
///  closed ──Open──▶ unknown ──ack in range──▶ behind ──delta──▶ sending ──ack──▶ level ──change──▶ behind
///                      │  ▲                                        │
///                 keys │  └──────────── Open, keys ────────────────┘
///                      └──▶ sending a snapshot ──ack──▶ level
/// </code>
/// </summary>
public sealed class MapWriter(Map map, ulong epoch, Random random, Action<Envelope> send)
{
    private readonly MapContent _content = new();
    private readonly TransferReceiver _keys = new();
    private readonly Backoff _probe = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(120), random);
    private TransferSender? _sending;
    private TimeSpan _probeDue;

    /// <summary>Where the reader of this session stands, as far as known.</summary>
    private ulong? _acked;
    private ulong _answeredList;
    private bool _open;

    /// <summary>What waits to be sent waits until then for more; in the past once any of it may not wait.</summary>
    private TimeSpan _heldUntil;

    public Standing Standing => new(epoch, _content.Version, _content.Digest);

    /// <summary>The open session's reader is known to have everything.</summary>
    public bool Level => _open && _acked == _content.Version;

    public IEnumerable<string> Keys => _content.Keys;

    public ReadOnlyMemory<byte>? Find(string key) => _content.Find(key);

    /// <summary>When <see cref="Poll"/> has something to do; null while there is nothing.</summary>
    public TimeSpan? Due =>
        !_open || Level ? null
        : _sending is { } sending ? sending.Due
        : _acked is null ? _probeDue
        : _heldUntil;

    /// <summary>Takes all the changes as one version, or none of them.</summary>
    public SetOutcome Apply(IReadOnlyList<MapEntry> upserts, IEnumerable<string> removals) =>
        Apply(upserts, removals, TimeSpan.Zero);

    /// <summary>
    /// The same of what may wait: it is not sent before that time, unless a change comes that may not.
    /// </summary>
    public SetOutcome Apply(IReadOnlyList<MapEntry> upserts, IEnumerable<string> removals, TimeSpan heldUntil)
    {
        var nothingWaits = _content.Version == (_sending?.Header.To ?? _acked);
        var outcome = _content.Apply(upserts, removals);
        if (outcome == SetOutcome.Changed && (nothingWaits || heldUntil < _heldUntil))
        {
            _heldUntil = heldUntil;
        }

        return outcome;
    }

    /// <summary>Replaces the whole map; keys that are not named are removed.</summary>
    public SetOutcome ApplyAll(IReadOnlyList<MapEntry> entries)
    {
        var named = entries.Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        return _content.Apply(entries, _content.Keys.Where(key => !named.Contains(key)).ToList());
    }

    /// <summary>A session opened whose reader stands there; null when it said nothing usable.</summary>
    public void Open(Standing? reader, TimeSpan now)
    {
        Close();
        _open = true;
        _answeredList = 0;
        _probe.Reset();
        _probeDue = now + _probe.Next();
        if (reader is { } at && at.Digest == _content.Digest)
        {
            Acknowledge(_content.Version);
        }
        else if (reader is { } behind && behind.Epoch == epoch && InRange(behind.Version))
        {
            Acknowledge(behind.Version);
        }
    }

    public void Close()
    {
        _open = false;
        _acked = null;
        _sending = null;
        _keys.Clear();
    }

    /// <summary>
    /// Also called with the reader's place in a heartbeat: both say where it stands after its commit.
    /// </summary>
    public void OnAck(ulong ackedEpoch, ulong version)
    {
        // Below the floor no delta can start; the probe will make such a reader list its keys.
        var least = Math.Max(_acked ?? 0, _content.Floor);
        if (!_open || ackedEpoch != epoch || version > _content.Version || version < least)
        {
            return;
        }

        if (_sending is { } sending && (version >= sending.Header.To || sending.Header.Kind == ChunkKind.Snapshot))
        {
            // A reader that stands somewhere waits for no snapshot: this one is done, or was asked for long ago.
            if (sending.Header.Kind == ChunkKind.Snapshot && version >= sending.Header.To)
            {
                _answeredList = sending.Header.From;
            }

            _sending = null;
        }

        Acknowledge(version);
    }

    public void OnProgress(Progress progress, TimeSpan now) => _sending?.OnProgress(progress, now);

    /// <summary>A piece of the reader's key-hash list: it knows no place, and wants what differs.</summary>
    public void OnKeys(Chunk chunk, TimeSpan now)
    {
        var answering = _sending is { Header.Kind: ChunkKind.Snapshot } sending ? sending.Header.From : 0;
        if (!_open || chunk.From <= _answeredList || chunk.From <= answering)
        {
            return;
        }

        if (_keys.Take(chunk, send) is { } body && TransferBody.TryRead(body, KeyHashes.Parser, out var list))
        {
            _acked = null;
            _sending = new TransferSender(Header(ChunkKind.Snapshot, chunk.From), DifferenceFrom(list), random, now);
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Poll(TimeSpan now)
    {
        if (!_open || Level)
        {
            return;
        }

        if (_sending is null && _acked is { } acked && now >= _heldUntil)
        {
            _sending = new TransferSender(Header(ChunkKind.Delta, acked), ChangesAfter(acked), random, now);
        }

        if (_sending is not null)
        {
            _sending.Poll(now, send);
        }
        else if (_acked is null && now >= _probeDue)
        {
            // An empty delta asks a reader that stands here to say so, and one that stands behind to list its keys.
            var probe = new TransferSender(
                Header(ChunkKind.Delta, _content.Version), new Changes(), random, now);
            probe.Poll(now, send);
            _probeDue = now + _probe.Next();
        }
    }

    private bool InRange(ulong version) => version >= _content.Floor && version <= _content.Version;

    private void Acknowledge(ulong version)
    {
        _acked = version;
        _content.ForgetRemoved(version);
    }

    private Chunk Header(ChunkKind kind, ulong from) => new()
    {
        Map = map,
        Kind = kind,
        Epoch = epoch,
        From = from,
        To = _content.Version,
        Digest = ByteString.CopyFrom(Digest.ToBytes(_content.Digest.Sum)),
    };

    private Changes ChangesAfter(ulong version)
    {
        var changes = new Changes();
        changes.Upserts.AddRange(_content.ChangedAfter(version).Select(ToMessage));
        changes.Removals.AddRange(_content.RemovedAfter(version));
        return changes;
    }

    private Changes DifferenceFrom(KeyHashes list)
    {
        var hashes = new Dictionary<string, UInt128>(StringComparer.Ordinal);
        foreach (var entry in list.Keys)
        {
            // A malformed hash is that of no value: the key is sent again.
            hashes[entry.Key] = Digest.FromBytes(entry.Hash.Span) ?? UInt128.Zero;
        }

        var changes = new Changes();
        changes.Upserts.AddRange(_content.DifferentFrom(hashes).Select(ToMessage));
        changes.Removals.AddRange(hashes.Keys.Where(key => _content.Find(key) is null));
        return changes;
    }

    private static Entry ToMessage(MapEntry entry) =>
        new() { Key = entry.Key, Value = UnsafeByteOperations.UnsafeWrap(entry.Value) };
}
