namespace Edge.Tests.EndToEnd.PowerCuts;

/// <summary>
/// One file of a recording, whatever its names: its writes and truncations in order, and its flushes.
/// </summary>
internal sealed class DiskFile
{
    private readonly List<DiskRecord> _changes = [];
    private readonly List<(long End, int Changes)> _flushes = [];

    public IReadOnlyList<DiskRecord> Changes => _changes;

    public void Add(DiskRecord record)
    {
        if (record.Kind != 'S')
        {
            _changes.Add(record);
            return;
        }

        // Flushes that run at once may end in another order than they began.
        _flushes.Add((record.End, Math.Max(Before(_changes, record.Position), _flushes.LastOrDefault().Changes)));
    }

    /// <summary>How many of its changes were made before the cut, and how many of those were flushed.</summary>
    public (int Made, int Durable) At(long cut)
    {
        var flushes = Before(_flushes, cut, static flush => flush.End);
        return (Before(_changes, cut), flushes > 0 ? _flushes[flushes - 1].Changes : 0);
    }

    /// <summary>How many of the records, which are in order, happened before.</summary>
    public static int Before(List<DiskRecord> records, long position) =>
        Before(records, position, static record => record.End);

    private static int Before<T>(List<T> all, long position, Func<T, long> end)
    {
        var (low, high) = (0, all.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = end(all[middle]) <= position ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
