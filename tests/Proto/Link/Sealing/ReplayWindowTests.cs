using Edge.Proto.Link.Sealing;

namespace Edge.Tests.Proto.Link.Sealing;

/// <summary>Against a set that forgets nothing.</summary>
public sealed class ReplayWindowTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 100)]
    [InlineData(3, 3000)]
    public void No_number_is_new_twice_and_all_near_the_newest_are_new_once(int seed, int spread)
    {
        var random = new Random(seed);
        var window = new ReplayWindow();
        var seen = new HashSet<ulong>();
        ulong newest = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var number = (ulong)Math.Max(1, (long)newest + random.Next(-spread, spread));
            var isNear = number + ReplayWindow.Size > newest;
            Assert.Equal(isNear && !seen.Contains(number), window.IsNew(number));
            if (window.IsNew(number) && random.Next(4) != 0)
            {
                window.Mark(number);
                seen.Add(number);
                newest = Math.Max(newest, number);
            }
        }
    }

    [Fact]
    public void Zero_is_no_number_and_the_largest_is() =>
        Assert.Equal((false, true), (new ReplayWindow().IsNew(0), new ReplayWindow().IsNew(ulong.MaxValue)));
}
