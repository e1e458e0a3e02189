using Edge.Server.Store;

namespace Edge.Tests.Server.Store;

/// <summary>Sharing a record must never show another object's, or another moment's.</summary>
public sealed class RecentReadsTests
{
    private static readonly string s_key = Resources.ConfigMaps.KeyOf("ns", "c");

    [Fact]
    public void The_same_bytes_are_read_once()
    {
        var stored = Stored(7, "a");
        Assert.Same(Objects.Read(Resources.ConfigMaps, stored), Objects.Read(Resources.ConfigMaps, stored));
    }

    [Fact]
    public void Another_store_with_the_same_key_and_revision_is_read_by_itself()
    {
        var (one, other) = (Stored(7, "a"), Stored(7, "b"));
        Assert.Equal("a", Value(one));
        Assert.Equal("b", Value(other));
        Assert.Equal("a", Value(one));
    }

    [Fact]
    public void The_same_bytes_at_another_revision_say_the_other_revision()
    {
        var stored = Stored(7, "a");
        Objects.Read(Resources.ConfigMaps, stored);
        var later = Objects.Read(Resources.ConfigMaps, stored with { Revision = 135 });
        Assert.Equal("135", later.Metadata.ResourceVersion);
    }

    [Fact]
    public void Large_objects_and_secrets_are_not_kept()
    {
        var large = Stored(8, new string('x', 20_000));
        Assert.NotSame(Objects.Read(Resources.ConfigMaps, large), Objects.Read(Resources.ConfigMaps, large));
        var secret = new StoredObject(Resources.Secrets.KeyOf("ns", "s"), 9, StoreFixture.Value(
            """{"metadata":{"name":"s","namespace":"ns"},"data":{"key":"dmFsdWU="}}"""));
        Assert.NotSame(Objects.Read(Resources.Secrets, secret), Objects.Read(Resources.Secrets, secret));
    }

    private static string? Value(StoredObject stored) =>
        Objects.Read(Resources.ConfigMaps, stored).Data?["value"];

    private static StoredObject Stored(long revision, string value) => new(s_key, revision, StoreFixture.Value(
        $$"""{"metadata":{"name":"c","namespace":"ns"},"data":{"value":"{{value}}"} }"""));
}
