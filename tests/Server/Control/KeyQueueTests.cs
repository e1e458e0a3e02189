using Edge.Server.Control;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Control;

public sealed class KeyQueueTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public async Task A_thousand_equal_events_are_one_look()
    {
        using var queue = new KeyQueue(_clock);
        for (var count = 0; count < 1000; count++)
        {
            queue.Add("a");
        }

        Assert.Equal("a", await queue.Take(default));
        queue.Done("a");
        await IsEmpty(queue);
    }

    [Fact]
    public async Task A_wait_of_years_is_slept_in_days()
    {
        using var queue = new KeyQueue(_clock);
        queue.AddAfter("a", TimeSpan.MaxValue);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("a", await queue.Take(default));
        queue.Done("a");
    }

    [Fact]
    public async Task A_key_added_while_it_is_worked_on_is_taken_again_only_afterwards()
    {
        using var queue = new KeyQueue(_clock);
        queue.Add("a");
        await queue.Take(default);
        queue.Add("a");
        queue.Add("a");

        using var stop = new CancellationTokenSource();
        var second = queue.Take(stop.Token);
        Assert.False(second.IsCompleted);

        queue.Done("a");
        Assert.Equal("a", await second);
        queue.Done("a");
        await IsEmpty(queue);
    }

    [Fact]
    public async Task Keys_come_in_the_order_they_were_added()
    {
        using var queue = new KeyQueue(_clock);
        string[] keys = ["c", "a", "b"];
        foreach (var key in keys)
        {
            queue.Add(key);
        }

        foreach (var key in keys)
        {
            Assert.Equal(key, await queue.Take(default));
        }
    }

    [Fact]
    public async Task Failures_double_the_wait_up_to_a_minute_and_success_forgets_them()
    {
        using var queue = new KeyQueue(_clock);
        queue.Add("a");
        double[] waits = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60];
        foreach (var wait in waits)
        {
            await queue.Take(default);
            Assert.Equal(TimeSpan.FromSeconds(wait), queue.Failed("a"));
            _clock.Advance(TimeSpan.FromSeconds(wait) - TimeSpan.FromTicks(1));
            await IsEmpty(queue);
            _clock.Advance(TimeSpan.FromTicks(1));
        }

        await queue.Take(default);
        queue.Done("a");
        queue.Add("a");
        await queue.Take(default);
        Assert.Equal(TimeSpan.FromSeconds(0.1), queue.Failed("a"));
    }

    [Fact]
    public async Task Of_several_later_looks_the_earliest_counts_and_only_once()
    {
        using var queue = new KeyQueue(_clock);
        queue.AddAfter("a", TimeSpan.FromSeconds(10));
        queue.AddAfter("a", TimeSpan.FromSeconds(2));
        queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("a", await queue.Take(default));
        queue.Done("a");
        _clock.Advance(TimeSpan.FromSeconds(20));
        await IsEmpty(queue);
    }

    [Fact]
    public async Task No_key_is_ever_worked_on_twice_at_once()
    {
        using var queue = new KeyQueue(_clock);
        var inside = new int[4];
        var overlaps = 0;
        var rounds = 0;
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var key = await queue.Take(stop.Token);
                var index = int.Parse(key);
                Interlocked.Add(ref overlaps, Interlocked.Increment(ref inside[index]) == 1 ? 0 : 1);
                await Task.Yield();
                Interlocked.Decrement(ref inside[index]);
                Interlocked.Increment(ref rounds);
                began.TrySetResult();
                queue.Done(key);
            }
        })).ToList();

        var random = new Random(7);
        for (var count = 0; count < 20_000; count++)
        {
            queue.Add(random.Next(inside.Length).ToString());
        }

        await began.Task;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(workers));
        Assert.Equal(0, overlaps);
        Assert.InRange(rounds, 1, 20_000);
    }

    private static async Task IsEmpty(KeyQueue queue)
    {
        using var stop = new CancellationTokenSource();
        var next = queue.Take(stop.Token);
        Assert.False(next.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }
}
