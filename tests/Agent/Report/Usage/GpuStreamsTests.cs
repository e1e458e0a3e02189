using Edge.Agent.Report.Usage;
using Edge.Proto.Model;
using Edge.Tests.Support;

namespace Edge.Tests.Agent.Report.Usage;

public sealed class GpuStreamsTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public async Task Who_asks_at_the_same_time_or_soon_after_shares_one_answer()
    {
        var asked = new List<TaskCompletionSource<GpuInventory>>();
        var streams = new GpuStreams(
            _ =>
            {
                asked.Add(new TaskCompletionSource<GpuInventory>());
                return asked[^1].Task;
            },
            _clock, CancellationToken.None);

        var first = streams.Ask();
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Same(first, streams.Ask());
        asked[0].SetResult(GpuInventory.None);
        Assert.Same(GpuInventory.None, await first);

        var next = streams.Ask();
        Assert.Equal(2, asked.Count);
        asked[1].SetResult(GpuInventory.None);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Same(next, streams.Ask());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotSame(next, streams.Ask());
    }
}
