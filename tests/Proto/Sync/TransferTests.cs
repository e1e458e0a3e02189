using Edge.Proto.Link;
using Edge.Proto.Sync;
using static Edge.Tests.Proto.Sync.MapPair;

namespace Edge.Tests.Proto.Sync;

public sealed class TransferTests
{
    [Fact]
    public void A_value_longer_than_a_packet_travels_in_chunks()
    {
        var pair = AtRest();
        var large = Large("a", seed: 1, bytes: 1_000_000);
        pair.Writer.Apply([large], []);
        pair.Settle();

        Assert.Equal(pair.Writer.Standing, pair.Reader.Standing);
        Assert.Equal(1, pair.Commits);
    }

    [Fact]
    public void Chunks_may_come_in_any_order_and_twice()
    {
        var chunks = DeltaOf(Large("a", seed: 1));
        var pair = AtRest();
        foreach (var chunk in chunks.AsEnumerable().Reverse().Concat(chunks.Skip(1)).Concat(chunks.Take(1)))
        {
            pair.Reader.OnChunk(chunk, pair.Now);
        }

        Assert.NotNull(pair.Reader.Pending);
    }

    [Fact]
    public void Chunks_of_two_transfers_never_mix()
    {
        var (one, other) = (Large("a", seed: 1), Large("a", seed: 2));
        var (ofOne, ofOther) = (DeltaOf(one), DeltaOf(other));
        var pair = AtRest();
        Assert.Equal(ofOne.Count, ofOther.Count);
        for (var i = 0; i < ofOne.Count; i++)
        {
            pair.Reader.OnChunk(i % 2 == 0 ? ofOne[i] : ofOther[i], pair.Now);
        }

        Assert.Null(pair.Reader.Pending);
        ofOther.ForEach(chunk => pair.Reader.OnChunk(chunk, pair.Now));

        var taken = Assert.Single(pair.Reader.Pending!.Upserts);
        Assert.Equal(other.Value.ToArray(), taken.Value.ToArray());
    }

    [Fact]
    public void A_header_with_more_chunks_than_a_map_can_have_is_refused()
    {
        var chunk = DeltaOf(Entry("a", "1"))[0];
        chunk.Count = MapLimits.ChunksMax + 1;
        var pair = AtRest();
        pair.Reader.OnChunk(chunk, pair.Now);

        Assert.Null(pair.Reader.Pending);
        Assert.Empty(pair.ToWriter);
    }

    [Fact]
    public void The_window_opens_with_progress_and_falls_to_one_chunk_after_silence()
    {
        var pair = AtRest();
        pair.Writer.Apply([Large("a", seed: 1, bytes: 2_000_000)], []);
        pair.Writer.Poll(pair.Now);
        Assert.Single(pair.ToReader);
        for (var i = 0; i < 5; i++)
        {
            pair.DeliverToReader();
            pair.DeliverToWriter();
            pair.Writer.Poll(pair.Now);
        }

        Assert.Equal(MapLimits.ChunkWindowMax, Drain(pair.ToReader).Count);
        pair.Now = pair.Writer.Due!.Value;
        pair.Writer.Poll(pair.Now);
        Assert.Single(pair.ToReader);
    }

    [Fact]
    public void Every_chunk_fits_a_packet() =>
        Assert.All(
            DeltaOf(Large("a", seed: 1)),
            chunk => Assert.InRange(Packet.Encode(new Envelope { Session = 1, Chunk = chunk }).Length, 1, 64 * 1024));

    /// <summary>All chunks of the first delta of a map with this entry.</summary>
    private static List<Chunk> DeltaOf(MapEntry entry)
    {
        var pair = AtRest();
        pair.Writer.Apply([entry], []);
        var chunks = new List<Chunk>();
        do
        {
            pair.Writer.Poll(pair.Now);
            chunks.AddRange(Drain(pair.ToReader).Select(envelope => envelope.Chunk));
            var last = chunks[^1];
            pair.Writer.OnProgress(
                new Progress { Map = last.Map, Transfer = last.Transfer, Next = (uint)chunks.Count }, pair.Now);
        }
        while (chunks.Count < chunks[0].Count);
        return chunks;
    }
}
