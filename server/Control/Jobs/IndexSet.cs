using System.Globalization;
using System.Text;

namespace Edge.Server.Control.Jobs;

/// <summary>
/// Completion indexes as ascending intervals, written as in batch/v1 completedIndexes: <c>0-2,5</c>. Immutable.
/// </summary>
internal sealed class IndexSet
{
    public static readonly IndexSet Empty = new([]);

    private readonly IReadOnlyList<(int First, int Last)> _intervals;

    private IndexSet(IReadOnlyList<(int First, int Last)> intervals)
    {
        _intervals = intervals;
        foreach (var (first, last) in intervals)
        {
            Count += last - first + 1;
        }
    }

    public int Count { get; }

    /// <summary>The indexes below <paramref name="limit"/>; what is no text of this form names none.</summary>
    public static IndexSet Parse(string? text, int limit)
    {
        var found = new List<(int First, int Last)>();
        foreach (var part in string.IsNullOrEmpty(text) ? [] : text.Split(','))
        {
            var ends = part.Split('-');
            if (!TryNumber(ends[0], out var first) || !TryNumber(ends[^1], out var last) || last < first)
            {
                return Empty;
            }

            if (first < limit)
            {
                found.Add((first, Math.Min(last, limit - 1)));
            }
        }

        return Of(found);
    }

    public bool Has(int index)
    {
        var (low, high) = (0, _intervals.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (index < _intervals[middle].First)
            {
                high = middle - 1;
            }
            else if (index > _intervals[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    public IndexSet With(IEnumerable<int> indexes) =>
        Of([.. _intervals, .. indexes.Select(index => (index, index))]);

    public IndexSet With(IndexSet other) => Of([.. _intervals, .. other._intervals]);

    /// <summary>The indexes below <paramref name="limit"/> that are not in the set, ascending.</summary>
    public IEnumerable<int> Missing(int limit)
    {
        var next = 0;
        foreach (var (first, last) in _intervals)
        {
            for (; next < first && next < limit; next++)
            {
                yield return next;
            }

            next = last + 1;
        }

        for (; next < limit; next++)
        {
            yield return next;
        }
    }

    /// <summary>How many indexes are in both.</summary>
    public int CountOf(IndexSet other)
    {
        var (count, mine, theirs) = (0, 0, 0);
        while (mine < _intervals.Count && theirs < other._intervals.Count)
        {
            var (a, b) = (_intervals[mine], other._intervals[theirs]);
            count += Math.Max(Math.Min(a.Last, b.Last) - Math.Max(a.First, b.First) + 1, 0);
            _ = a.Last < b.Last ? mine++ : theirs++;
        }

        return count;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (first, last) in _intervals)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{first}");
            if (last > first)
            {
                text.Append(last == first + 1 ? ',' : '-').Append(CultureInfo.InvariantCulture, $"{last}");
            }
        }

        return text.ToString();
    }

    private static IndexSet Of(List<(int First, int Last)> intervals)
    {
        intervals.Sort();
        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in intervals)
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        return merged.Count == 0 ? Empty : new IndexSet(merged);
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
