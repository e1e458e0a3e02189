using System.Text;
using Edge.Proto.Link;
using Google.Protobuf;

namespace Edge.Proto.Sync;

/// <summary>What a reader knows of its entries: hash and size of each, and the digest of all.</summary>
internal sealed class EntryHashes
{
    private readonly Dictionary<string, Known> _entries = new(StringComparer.Ordinal);
    private long _bytes;

    public Digest Digest { get; private set; }

    public int Count => _entries.Count;

    public void Apply(IEnumerable<MapEntry> upserts, IEnumerable<string> removals)
    {
        foreach (var key in removals)
        {
            Remove(key);
        }

        foreach (var entry in upserts)
        {
            Remove(entry.Key);
            var hash = Digest.OfEntry(entry.Key, entry.Value.Span);
            var size = SizeOf(entry);
            _entries[entry.Key] = new Known(hash, size);
            Digest += hash;
            _bytes += size;
        }
    }

    /// <summary>Digest and size as they would be after these changes. The last upsert of a key counts.</summary>
    public (Digest Digest, long Bytes) After(IReadOnlyList<MapEntry> upserts, IEnumerable<string> removals)
    {
        var (digest, bytes) = (Digest, _bytes);
        var touched = new Dictionary<string, Known?>(StringComparer.Ordinal);
        foreach (var key in removals)
        {
            touched[key] = null;
        }

        foreach (var entry in upserts)
        {
            touched[entry.Key] = new Known(Digest.OfEntry(entry.Key, entry.Value.Span), SizeOf(entry));
        }

        foreach (var (key, after) in touched)
        {
            if (_entries.TryGetValue(key, out var before))
            {
                (digest, bytes) = (digest - before.Hash, bytes - before.Bytes);
            }

            if (after is { } now)
            {
                (digest, bytes) = (digest + now.Hash, bytes + now.Bytes);
            }
        }

        return (digest, bytes);
    }

    public KeyHashes ToMessage()
    {
        var list = new KeyHashes();
        foreach (var (key, entry) in _entries)
        {
            list.Keys.Add(new KeyHash { Key = key, Hash = ByteString.CopyFrom(Digest.ToBytes(entry.Hash)) });
        }

        return list;
    }

    private static long SizeOf(MapEntry entry) =>
        Encoding.UTF8.GetByteCount(entry.Key) + entry.Value.Length + MapLimits.EntryOverheadBytes;

    private void Remove(string key)
    {
        if (_entries.Remove(key, out var old))
        {
            Digest -= old.Hash;
            _bytes -= old.Bytes;
        }
    }

    private sealed record Known(UInt128 Hash, long Bytes);
}
