namespace Edge.Tests.Server.Api.Model;

/// <summary>What all clients together saw, and whether one order of it explains everything.</summary>
internal sealed class ApiHistory
{
    private readonly Lock _gate = new();
    private readonly List<ApiWrite> _seen = [];
    private long _clock;

    public long Now() => Interlocked.Increment(ref _clock);

    public void Add(ApiWrite write)
    {
        lock (_gate)
        {
            _seen.Add(write);
        }
    }

    /// <summary>The writes that were answered, in the order of their revisions.</summary>
    public IReadOnlyList<ApiWrite> Writes => [.. _seen.Where(one => !one.IsRead).OrderBy(one => one.Revision)];

    /// <summary>
    /// The order of revisions is one in which the clients could have met: no revision comes twice, none is smaller
    /// than that of a write which had ended before, and a read tells what was newest at some time while it ran.
    /// </summary>
    public void Check()
    {
        var writes = Writes;
        Assert.Equal(writes.Count, writes.Select(write => write.Revision).Distinct().Count());
        var begunLater = long.MaxValue;
        for (var i = writes.Count - 1; i >= 0; i--)
        {
            // Whatever has a larger revision must not have ended before this one began.
            Assert.True(writes[i].Begun < begunLater, $"{writes[i]} was ordered before what had ended by then");
            begunLater = Math.Min(begunLater, writes[i].Ended);
        }

        foreach (var name in writes.GroupBy(write => write.Name))
        {
            CheckReads([.. name], [.. _seen.Where(one => one.IsRead && one.Name == name.Key)]);
        }
    }

    private static void CheckReads(IReadOnlyList<ApiWrite> writes, IReadOnlyList<ApiWrite> reads)
    {
        foreach (var read in reads)
        {
            Assert.DoesNotContain(writes, write => write.Revision > read.Revision && write.Ended < read.Begun);
            Assert.DoesNotContain(writes, write => write.Revision == read.Revision && write.Begun > read.Ended);
        }
    }
}
