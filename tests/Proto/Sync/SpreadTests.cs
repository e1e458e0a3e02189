using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

/// <summary>Many come back at a pace that a broker keeps up with, and few come back at once.</summary>
public sealed class SpreadTests
{
    private const int Fleet = 10_000;

    private static readonly TimeSpan s_most = TimeSpan.FromSeconds(300);

    /// <summary>
    /// However long the broker is away: those who come when it is back, and those who came in vain before.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(30)]
    [InlineData(70)]
    [InlineData(200)]
    [InlineData(3600)]
    public void Ten_thousand_that_lose_the_broker_at_once_come_back_in_bounded_numbers(int outageSeconds)
    {
        var spread = Spread.Of(Fleet).Reconnect;
        var tries = new Dictionary<int, int>();
        for (var node = 0; node < Fleet; node++)
        {
            var backoff = new Backoff(TimeSpan.FromSeconds(1), s_most, new Random((outageSeconds * Fleet) + node));
            var at = TimeSpan.Zero;
            do
            {
                at += backoff.Next(spread);
                var second = (int)at.TotalSeconds;
                tries[second] = tries.GetValueOrDefault(second) + 1;
            }
            while (at.TotalSeconds < outageSeconds);
        }

        Assert.True(tries.Values.Max() <= Spread.ReconnectsPerSecond, $"{tries.Values.Max()} in one second");
        Assert.True(tries.Keys.Max() <= outageSeconds + s_most.TotalSeconds);
    }

    /// <summary>The same without a spread is what this is for.</summary>
    [Fact]
    public void Without_a_spread_thousands_come_in_one_second()
    {
        var first = Enumerable.Range(0, Fleet).Select(node => (int)new Backoff(
            TimeSpan.FromSeconds(1), s_most, new Random(node)).Next().TotalSeconds);
        Assert.True(first.CountBy(second => second).Max(count => count.Value) > 20 * Spread.ReconnectsPerSecond);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(300)]
    public void A_node_of_a_small_fleet_is_back_within_three_seconds(int nodes)
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var wait = new Backoff(TimeSpan.FromSeconds(1), s_most, new Random(seed)).Next(Spread.Of(nodes).Reconnect);
            Assert.InRange(wait, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public void A_return_that_succeeded_makes_the_next_one_a_first_one_again()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), s_most, new Random(1));
        for (var turn = 0; turn < 20; turn++)
        {
            backoff.Next();
        }

        backoff.Reset();
        Assert.InRange(backoff.Next(), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Theory]
    [InlineData(100, 0, 0)]
    [InlineData(1_000, 6.667, 2.667)]
    [InlineData(10_000, 66.667, 26.667)]
    [InlineData(1_000_000, 300, 300)]
    public void The_spread_follows_the_number_of_nodes(int nodes, double reconnect, double hello)
    {
        var spread = Spread.Of(nodes);
        Assert.Equal(reconnect, spread.Reconnect.TotalSeconds, precision: 3);
        Assert.Equal(hello, spread.Hello.TotalSeconds, precision: 3);
    }

    [Fact]
    public void No_server_keeps_a_node_away_for_longer_than_its_own_patience() =>
        Assert.Equal(s_most, Spread.Bounded(uint.MaxValue));
}
