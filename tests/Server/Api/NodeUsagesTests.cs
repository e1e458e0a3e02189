using Edge.Proto.Model;
using Edge.Server.Api.Metrics;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api;

/// <summary>How long nodes are waited for.</summary>
public sealed class NodeUsagesTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public async Task A_node_that_stays_silent_is_left_out_and_costs_the_others_nothing()
    {
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var usages = new NodeUsages((node, ct) => node == "mute" ? Silent(waiting, ct) : Answer(), _clock);
        var asking = usages.Of(["mute", "a"], default);
        await waiting.Task;
        Assert.False(asking.IsCompleted);
        _clock.Advance(NodeUsages.NodeTime);
        Assert.Equal(["a"], (await asking).Keys);
    }

    [Fact]
    public async Task A_node_that_cannot_be_reached_is_left_out()
    {
        var usages = new NodeUsages((_, _) => throw new IOException("not connected"), _clock);
        Assert.Empty(await usages.Of(["a"], default));
    }

    private static Task<NodeUsage?> Answer() => Task.FromResult<NodeUsage?>(new NodeUsage());

    private static async Task<NodeUsage?> Silent(TaskCompletionSource waiting, CancellationToken ct)
    {
        waiting.SetResult();
        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        return null;
    }
}
