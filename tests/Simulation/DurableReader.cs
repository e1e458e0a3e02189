using Edge.Proto.Sync;

namespace Edge.Tests.Simulation;

/// <summary>A reader's disk, and the properties that hold at each of its commits and acks.</summary>
internal sealed class DurableReader(MapTruth truth)
{
    public SortedDictionary<string, byte[]> Content { get; private set; } = new(StringComparer.Ordinal);

    public int Commits { get; private set; }

    public IEnumerable<MapEntry> Entries => Content.Select(pair => new MapEntry(pair.Key, pair.Value));

    public void Clear() => Content = new(StringComparer.Ordinal);

    /// <summary>Safety: only a state that the writer had at a version boundary is ever committed.</summary>
    public void Commit(MapChange change, bool told, MapReader reader, TimeSpan now)
    {
        if (change.Snapshot)
        {
            Clear();
        }

        foreach (var key in change.Removals)
        {
            Content.Remove(key);
        }

        foreach (var entry in change.Upserts)
        {
            Content[entry.Key] = entry.Value.ToArray();
        }

        Commits++;
        var result = change.Result;
        Property.Holds(
            truth.At(result.Epoch, result.Version) == MapTruth.Hash(Content),
            $"{truth.Name}: committed a state that the writer never had at version {result.Version}");
        if (told)
        {
            reader.Committed(now);
        }
    }

    /// <summary>Safety: an ack names a version whose content is on the disk already.</summary>
    public void OnAck(ulong epoch, ulong version) =>
        Property.Holds(
            truth.At(epoch, version) == MapTruth.Hash(Content),
            $"{truth.Name}: acknowledged version {version}, which is not on disk");
}

/// <summary>A property of the replicated map does not hold.</summary>
internal sealed class PropertyBroken(string message) : Exception(message);

internal static class Property
{
    public static void Holds(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new PropertyBroken(otherwise);
        }
    }
}
