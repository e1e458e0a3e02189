using System.Text.RegularExpressions;
using Edge.Server;

namespace Edge.Tests.Server;

public sealed partial class UidSourceTests
{
    [Fact]
    public void Uids_are_random_UUIDs_and_no_two_are_the_same()
    {
        var uids = new UidSource();
        var made = Enumerable.Range(0, 1000).Select(_ => uids.Next()).ToList();

        Assert.All(made, uid => Assert.Matches(Version4(), uid));
        Assert.Equal(made.Count, made.Distinct().Count());
    }

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    private static partial Regex Version4();
}
