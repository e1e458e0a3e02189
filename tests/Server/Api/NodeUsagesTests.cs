using Edge.Proto.Model;
using Edge.Server.Api.Metrics;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api;

/// <summary>How often, and how long, nodes are asked.</summary>
public sealed class NodeUsagesTests
{
    private readonly FakeClock _clock = new();
    private int _asked;

    [Fact]
    public async Task Askers_share_an_answer_for_five_seconds()
    {
        var usages = new NodeUsages((_, _) => Count(), _clock);
        await usages.Of(["a", "a"], default);
        await usages.Of(["a"], default);
        _clock.Advance(TimeSpan.FromSeconds(4));
        await usages.Of(["a"], default);
        Assert.Equal(1, _asked);

        _clock.Advance(TimeSpan.FromSeconds(1));
        await usages.Of(["a"], default);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_node_that_stays_silent_is_left_out_and_costs_the_others_nothing()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var usages = new NodeUsages((node, ct) => node == "mute" ? Silent(waiting, ct) : Count(), _clock);
        var asking = usages.Of(["mute", "a"], default);
        await waiting.Task;
        Assert.False(asking.IsCompleted);
        _clock.Advance(NodeUsages.NodeTime);
        Assert.Equal(["a"], (await asking).Keys);
    }

    [Fact]
    public async Task An_asker_that_leaves_takes_the_answer_from_nobody()
    {
        var answer = new TaskCompletionSource<NodeUsage?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var usages = new NodeUsages((_, _) => { _asked++; return answer.Task; }, _clock);
        using var leaving = new CancellationTokenSource();
        var first = usages.Of(["a"], leaving.Token);
        var second = usages.Of(["a"], default);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        answer.SetResult(new NodeUsage());
        Assert.Single(await second);
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_left_out()
    {
        var usages = new NodeUsages((_, _) => throw new IOException("not connected"), _clock);
        Assert.Empty(await usages.Of(["a"], default));
    }

    private Task<NodeUsage?> Count()
    {
        _asked++;
        return Task.FromResult<NodeUsage?>(new NodeUsage());
    }

    private static async Task<NodeUsage?> Silent(TaskCompletionSource waiting, CancellationToken ct)
    {
        waiting.SetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        return null;
    }
}
