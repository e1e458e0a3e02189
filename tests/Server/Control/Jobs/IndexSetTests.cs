using Edge.Server.Control.Jobs;

namespace Edge.Tests.Server.Control.Jobs;

/// <summary>Texts of completion indexes, and sets of them.</summary>
public sealed class IndexSetTests
{
    [Theory]
    [InlineData("", 10, "", 0)]
    [InlineData("0", 10, "0", 1)]
    [InlineData("0,1", 10, "0,1", 2)]
    [InlineData("0-2,5", 10, "0-2,5", 4)]
    [InlineData("5,0,1,2", 10, "0-2,5", 4)]
    [InlineData("0-9", 4, "0-3", 4)]
    [InlineData("3,8", 4, "3", 1)]
    [InlineData("0-2,x", 10, "", 0)]
    [InlineData("4-2", 10, "", 0)]
    [InlineData("-1", 10, "", 0)]
    public void A_text_is_read_and_written(string text, int limit, string written, int count)
    {
        var set = IndexSet.Parse(text, limit);
        Assert.Equal((written, count), (set.ToString(), set.Count));
    }

    [Fact]
    public void A_set_behaves_as_a_set_of_numbers()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            HashSet<int> left = [.. Enumerable.Range(0, 12).Select(_ => random.Next(30))];
            HashSet<int> right = [.. Enumerable.Range(0, 12).Select(_ => random.Next(30))];
            var (a, b) = (IndexSet.Empty.With(left), IndexSet.Empty.With(right));
            Assert.Equal(left.Intersect(right).Count(), a.CountOf(b));
            Assert.Equal(left.Union(right).Count(), a.With(b).Count);
            Assert.Equal(a.ToString(), IndexSet.Parse(a.ToString(), 30).ToString());
            Assert.Equal(Enumerable.Range(0, 25).Except(left), a.Missing(25));
            Assert.All(Enumerable.Range(0, 30), index => Assert.Equal(left.Contains(index), a.Has(index)));
        }
    }
}
