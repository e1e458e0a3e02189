using System.Text;

namespace Edge.Proto.Sync;

/// <summary>
/// The writer's keys and values with the version of each one's last change, and the removed keys that the reader
/// may still have.
/// </summary>
internal sealed class MapContent
{
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _removed = new(StringComparer.Ordinal);

    public ulong Version { get; private set; }

    /// <summary>Deltas can start from this version or a later one.</summary>
    public ulong Floor { get; private set; }

    public Digest Digest { get; private set; }

    public int Count => _slots.Count;

    private long Bytes { get; set; }

    public IEnumerable<string> Keys => _slots.Keys;

    // The cast matters: a bare null would become empty bytes.
    public ReadOnlyMemory<byte>? Find(string key) =>
        _slots.TryGetValue(key, out var slot) ? slot.Entry.Value : (ReadOnlyMemory<byte>?)null;

    /// <summary>
    /// All of the changes or none; together they make one version. The last of several upserts of a key wins, and
    /// an upsert wins over a removal.
    /// </summary>
    public SetOutcome Apply(IReadOnlyList<MapEntry> upserts, IEnumerable<string> removals)
    {
        var wanted = new Dictionary<string, MapEntry>(StringComparer.Ordinal);
        foreach (var entry in upserts)
        {
            wanted[entry.Key] = entry;
        }

        var changed = wanted.Values.Where(entry => !Holds(entry)).ToList();
        var gone = removals.Where(key => _slots.ContainsKey(key) && !wanted.ContainsKey(key)).Distinct().ToList();
        if (changed.Count == 0 && gone.Count == 0)
        {
            return SetOutcome.Same;
        }

        var bytes = Bytes + changed.Sum(entry => SizeOf(entry.Key, entry.Value.Length) - SizeNow(entry.Key))
            - gone.Sum(SizeNow);
        if (bytes > MapLimits.MapBytesMax)
        {
            return SetOutcome.TooLarge;
        }

        Version++;
        Bytes = bytes;
        gone.ForEach(Remove);
        changed.ForEach(Put);
        if (_removed.Count > MapLimits.TombstonesMax)
        {
            ForgetRemoved(Version);
        }

        return SetOutcome.Changed;
    }

    public IEnumerable<MapEntry> ChangedAfter(ulong version) =>
        _slots.Values.Where(slot => slot.Changed > version).Select(slot => slot.Entry);

    public IEnumerable<string> RemovedAfter(ulong version) =>
        _removed.Keys.Where(key => _removed[key] > version);

    public IEnumerable<MapEntry> DifferentFrom(IReadOnlyDictionary<string, UInt128> hashes) =>
        _slots.Values.Where(slot => !hashes.TryGetValue(slot.Entry.Key, out var hash) || hash != slot.Hash)
            .Select(slot => slot.Entry);

    /// <summary>The reader has this version: what was removed until then need not be said again.</summary>
    public void ForgetRemoved(ulong version)
    {
        Floor = Math.Max(Floor, version);
        foreach (var key in _removed.Keys.Where(key => _removed[key] <= version).ToList())
        {
            _removed.Remove(key);
        }
    }

    private static long SizeOf(string key, int value) =>
        Encoding.UTF8.GetByteCount(key) + value + MapLimits.EntryOverheadBytes;

    private long SizeNow(string key) =>
        _slots.TryGetValue(key, out var slot) ? SizeOf(key, slot.Entry.Value.Length) : 0;

    private bool Holds(MapEntry entry) =>
        _slots.TryGetValue(entry.Key, out var slot) && slot.Entry.Value.Span.SequenceEqual(entry.Value.Span);

    private void Put(MapEntry entry)
    {
        if (_slots.TryGetValue(entry.Key, out var old))
        {
            Digest -= old.Hash;
        }

        var hash = Digest.OfEntry(entry.Key, entry.Value.Span);
        Digest += hash;
        _slots[entry.Key] = new Slot(entry, hash, Version);
        _removed.Remove(entry.Key);
    }

    private void Remove(string key)
    {
        if (_slots.Remove(key, out var old))
        {
            Digest -= old.Hash;
            _removed[key] = Version;
        }
    }

    private sealed record Slot(MapEntry Entry, UInt128 Hash, ulong Changed);
}
