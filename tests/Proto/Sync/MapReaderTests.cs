using Edge.Proto.Link;
using Edge.Proto.Sync;
using Google.Protobuf;
using static Edge.Tests.Proto.Sync.MapPair;

namespace Edge.Tests.Proto.Sync;

public sealed class MapReaderTests
{
    [Fact]
    public void A_delta_is_acknowledged_only_after_its_commit()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        pair.DeliverToReader();
        Assert.NotNull(pair.Reader.Pending);
        Assert.Empty(pair.ToWriter);

        pair.Commit();

        Assert.Equal(1UL, Assert.Single(pair.ToWriter).Ack.Version);
        Assert.Equal("1", pair.Disk["a"]);
    }

    [Fact]
    public void A_delta_up_to_mine_is_acknowledged_again_and_not_committed_again()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        var delta = pair.ToReader.Peek().Chunk;
        pair.Settle();

        pair.Reader.OnChunk(delta, pair.Now);

        Assert.Null(pair.Reader.Pending);
        Assert.Equal(1UL, Assert.Single(pair.ToWriter).Ack.Version);
        Assert.Equal(1, pair.Commits);
    }

    [Fact]
    public void An_equal_digest_gives_the_writers_place_without_a_transfer()
    {
        var pair = new MapPair(Entry("a", "1"));
        pair.Writer.Apply([Entry("a", "0")], []);
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Open();
        pair.Settle();

        Assert.Equal(pair.Writer.Standing, pair.Reader.Standing);
        Assert.Equal(0, pair.Commits);
    }

    [Fact]
    public void A_reader_without_a_place_lists_its_keys_and_gets_only_what_differs()
    {
        var pair = new MapPair(Entry("a", "1"), Entry("b", "2"), Entry("d", "5"));
        pair.Writer.Apply([Entry("a", "1"), Entry("b", "3"), Entry("c", "4")], []);
        pair.Open();
        pair.Reader.Poll(pair.Now);
        Assert.Equal(ChunkKind.Keys, Assert.Single(pair.ToWriter).Chunk.Kind);
        pair.DeliverToWriter();
        pair.Writer.Poll(pair.Now);

        var snapshot = Assert.Single(pair.ToReader).Chunk;
        Assert.Equal(ChunkKind.Snapshot, snapshot.Kind);
        Assert.Equal(["b", "c"], Body(snapshot).Upserts.Select(entry => entry.Key).Order());
        Assert.Equal(["d"], Body(snapshot).Removals);
        pair.Settle();
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "3", ["c"] = "4" }, pair.Disk);
        Assert.True(pair.Writer.Level);
    }

    [Theory]
    [InlineData(2UL, Epoch)]
    [InlineData(0UL, Epoch + 1)]
    public void A_gap_or_another_epoch_makes_it_list_its_keys(ulong from, ulong epoch)
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        var delta = pair.TakeChunk();
        (delta.From, delta.To, delta.Epoch) = (from, from + 1, epoch);
        pair.Reader.OnChunk(delta, pair.Now);
        pair.Reader.Poll(Later);

        Assert.Null(pair.Reader.Pending);
        Assert.Equal(ChunkKind.Keys, Assert.Single(pair.ToWriter).Chunk.Kind);
    }

    [Fact]
    public void A_delta_whose_digest_does_not_fit_is_never_offered()
    {
        var pair = AtRest();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Writer.Poll(pair.Now);
        var delta = pair.TakeChunk();
        delta.Digest = ByteString.CopyFrom(new byte[Digest.Bytes]);
        pair.Reader.OnChunk(delta, pair.Now);
        pair.Reader.Poll(Later);

        Assert.Null(pair.Reader.Pending);
        Assert.Equal(ChunkKind.Keys, Assert.Single(pair.ToWriter).Chunk.Kind);
    }

    [Fact]
    public void A_snapshot_for_an_older_list_is_dropped()
    {
        var pair = new MapPair();
        pair.Writer.Apply([Entry("a", "1")], []);
        pair.Open();
        pair.Reader.Poll(pair.Now);
        pair.DeliverToWriter();
        pair.Writer.Poll(pair.Now);
        var old = pair.TakeChunk();
        pair.Reader.Open(pair.Writer.Standing, pair.Now);

        pair.Reader.OnChunk(old, pair.Now);

        Assert.Null(pair.Reader.Pending);
    }

    [Fact]
    public void A_writers_place_in_a_heartbeat_with_another_digest_makes_it_list_its_keys()
    {
        var pair = AtRest();
        pair.Reader.OnWriter(pair.Reader.Standing with { Digest = Digest.Empty + 1 }, pair.Now);
        pair.Reader.Poll(Later);

        Assert.Equal(ChunkKind.Keys, Assert.Single(pair.ToWriter).Chunk.Kind);
    }

    [Fact]
    public void A_map_beyond_its_limit_is_refused()
    {
        var pair = AtRest();
        var changes = new Changes();
        changes.Upserts.Add(new Entry { Key = "a", Value = ByteString.CopyFrom(new byte[MapLimits.MapBytesMax]) });
        var digest = Digest.Empty + Digest.OfEntry("a", new byte[MapLimits.MapBytesMax]);
        pair.Reader.OnChunk(
            new Chunk
            {
                Map = Map.Desired,
                Kind = ChunkKind.Delta,
                Epoch = Epoch,
                To = 1,
                Count = 1,
                Digest = ByteString.CopyFrom(Digest.ToBytes(digest.Sum)),
                Data = ByteString.CopyFrom(Payload.Pack(changes.ToByteArray())),
            },
            pair.Now);

        Assert.Null(pair.Reader.Pending);
    }

    /// <summary>Beyond the back-off of a list.</summary>
    private static TimeSpan Later => TimeSpan.FromMinutes(2);
}
