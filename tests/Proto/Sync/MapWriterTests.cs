using Edge.Proto.Sync;
using static Edge.Tests.Proto.Sync.MapPair;

namespace Edge.Tests.Proto.Sync;

public sealed class MapWriterTests
{
    [Fact]
    public void A_change_set_makes_one_version()
    {
        var pair = new MapPair();

        Assert.Equal(SetOutcome.Changed, pair.Writer.Apply([Entry("a", "1"), Entry("b", "2")], ["c"]));
        Assert.Equal(1UL, pair.Writer.Standing.Version);
    }

    [Fact]
    public void An_equal_value_makes_no_version()
    {
        var pair = new MapPair();
        pair.Writer.Apply([Entry("a", "1")], []);

        Assert.Equal(SetOutcome.Same, pair.Writer.Apply([Entry("a", "1")], ["b"]));
        Assert.Equal(1UL, pair.Writer.Standing.Version);
    }

    [Fact]
    public void Only_the_latest_value_of_a_key_travels()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Apply([Entry("a", "2"), Entry("b", "1")], []);
        pair.Writer.Apply([Entry("a", "3")], ["b"]);
        pair.Writer.Poll(pair.Now);

        var body = Body(pair.TakeChunk());
        Assert.Equal("3", Assert.Single(body.Upserts).Value.ToStringUtf8());
        Assert.Equal(["b"], body.Removals);
    }

    [Fact]
    public void A_change_that_may_wait_leaves_at_its_time_with_what_came_meanwhile()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], [], pair.Now + TimeSpan.FromSeconds(2));
        pair.Writer.Apply([Entry("a", "2")], [], pair.Now + TimeSpan.FromSeconds(3));
        pair.Writer.Poll(pair.Now);

        Assert.Empty(pair.ToReader);
        Assert.Equal(pair.Now + TimeSpan.FromSeconds(2), pair.Writer.Due);

        pair.Now = pair.Writer.Due!.Value;
        pair.Writer.Poll(pair.Now);
        Assert.Equal("2", Assert.Single(Body(pair.TakeChunk()).Upserts).Value.ToStringUtf8());
    }

    [Fact]
    public void Nothing_is_asked_of_a_reader_while_a_change_waits()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], [], pair.Now + TimeSpan.FromHours(1));
        pair.Now += TimeSpan.FromMinutes(10);
        pair.Writer.Poll(pair.Now);

        Assert.Empty(pair.ToReader);
    }

    [Fact]
    public void A_change_that_may_wait_leaves_with_the_next_that_may_not()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], [], pair.Now + TimeSpan.FromSeconds(2));
        pair.Writer.Apply([Entry("b", "1")], []);
        pair.Writer.Poll(pair.Now);

        Assert.Equal(["a", "b"], Body(pair.TakeChunk()).Upserts.Select(entry => entry.Key).Order());
    }

    [Fact]
    public void A_change_that_may_not_wait_is_not_held_by_one_that_may()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Apply([Entry("b", "1")], [], pair.Now + TimeSpan.FromSeconds(2));
        pair.Writer.Poll(pair.Now);

        Assert.Equal(2, Body(pair.TakeChunk()).Upserts.Count);
    }

    [Fact]
    public void One_delta_is_on_its_way_and_what_changes_meanwhile_goes_with_the_next()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        var first = pair.TakeChunk();
        pair.Writer.Apply([Entry("b", "1")], []);
        pair.Writer.Poll(pair.Now);
        Assert.Empty(pair.ToReader);

        pair.Writer.OnAck(Epoch, first.To);
        pair.Writer.Poll(pair.Now);
        var second = pair.TakeChunk();

        Assert.Equal((first.To, first.To + 1), (second.From, second.To));
        Assert.Equal("b", Assert.Single(Body(second).Upserts).Key);
    }

    [Fact]
    public void A_delta_without_an_answer_is_sent_again_unchanged()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        var first = pair.TakeChunk();
        pair.Now = pair.Writer.Due!.Value;
        pair.Writer.Poll(pair.Now);

        Assert.True(pair.Now > TimeSpan.Zero);
        Assert.Equal(first, pair.TakeChunk());
    }

    [Fact]
    public void A_reader_with_an_equal_digest_is_sent_nothing()
    {
        var pair = new MapPair(Entry("a", "1"));
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Open();
        pair.Writer.Poll(TimeSpan.FromHours(1));

        Assert.True(pair.Writer.Level);
        Assert.Null(pair.Writer.Due);
        Assert.Empty(pair.ToReader);
    }

    [Fact]
    public void An_ack_of_another_epoch_or_of_the_future_means_nothing()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.OnAck(Epoch + 1, 1);
        pair.Writer.OnAck(Epoch, 2);

        Assert.False(pair.Writer.Level);
    }

    [Fact]
    public void A_map_beyond_its_limit_is_refused_as_a_whole()
    {
        var pair = new MapPair();
        var room = MapLimits.MapBytesMax - MapLimits.EntryOverheadBytes - 1;
        pair.Writer.Apply([Entry("b", "kept")], []);
        var before = pair.Writer.Standing;

        Assert.Equal(SetOutcome.TooLarge, pair.Writer.Apply([new MapEntry("a", new byte[room])], []));
        Assert.Equal(before, pair.Writer.Standing);
        Assert.Equal(SetOutcome.Changed, pair.Writer.Apply([new MapEntry("a", new byte[room])], ["b"]));
        Assert.Equal(SetOutcome.TooLarge, pair.Writer.Apply([Entry("c", "")], []));
    }

    [Fact]
    public void Replacing_the_whole_map_removes_what_is_not_named()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1"), Entry("b", "1")], []);
        pair.Settle();
        pair.Writer.ApplyAll([Entry("b", "1"), Entry("c", "1")]);
        pair.Settle();

        Assert.Equal(["b", "c"], pair.Disk.Keys);
    }
}
