using Edge.Proto.Link;
using Edge.Proto.Sync;

namespace Edge.Tests.Proto.Sync;

public sealed class DigestTests
{
    [Fact]
    public void It_does_not_depend_on_order()
    {
        UInt128[] entries = [Digest.OfEntry("a", [1]), Digest.OfEntry("b", [2]), Digest.OfEntry("c", [3])];

        Assert.Equal(Sum(entries), Sum(Enumerable.Reverse(entries)));
        Assert.NotEqual(Sum(entries), Sum(entries.Take(2)));
    }

    [Fact]
    public void Taking_an_entry_away_undoes_adding_it()
    {
        var (one, other) = (Digest.OfEntry("a", [1]), Digest.OfEntry("b", [2]));

        Assert.Equal(Digest.Empty + one, Digest.Empty + other + one - other);
    }

    [Fact]
    public void Bytes_that_move_from_key_to_value_change_it() =>
        Assert.NotEqual(Digest.OfEntry("ab", "c"u8), Digest.OfEntry("a", "bc"u8));

    [Fact]
    public void Bytes_of_another_length_are_no_digest()
    {
        var hash = Digest.OfEntry("a", [1]);

        Assert.Equal(hash, Digest.FromBytes(Digest.ToBytes(hash)));
        Assert.Null(Digest.FromBytes([]));
        Assert.Null(Digest.FromBytes(new byte[Digest.Bytes + 1]));
    }

    [Fact]
    public void After_any_changes_it_is_the_digest_of_what_is_there()
    {
        var random = new Random(3);
        var writer = new MapWriter(Map.Desired, 1, random, _ => { });
        var content = new Dictionary<string, byte[]>();
        for (var i = 0; i < 500; i++)
        {
            var key = $"pods/{random.Next(20)}";
            if (random.Next(3) == 0)
            {
                content.Remove(key);
                writer.Apply([], [key]);
                continue;
            }

            content[key] = [(byte)random.Next(4)];
            writer.Apply([new MapEntry(key, content[key])], []);
        }

        Assert.NotEmpty(content);
        Assert.Equal(
            Sum(content.Select(pair => Digest.OfEntry(pair.Key, pair.Value))), writer.Standing.Digest);
    }

    private static Digest Sum(IEnumerable<UInt128> entries) =>
        entries.Aggregate(Digest.Empty, (digest, entry) => digest + entry);
}
