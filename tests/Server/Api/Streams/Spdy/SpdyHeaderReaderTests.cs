using System.IO.Compression;
using Edge.Server.Api.Streams.Spdy;
using Edge.Tests.Server.Fuzz;

namespace Edge.Tests.Server.Api.Streams.Spdy;

public sealed class SpdyHeaderReaderTests
{
    /// <summary>Made by zlib itself, with the dictionary: the headers of two streams, and some that it knows.</summary>
    private static readonly string[] Blocks =
    [
        "78f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20d198094ade8c0600000000ffff",
        "c2aa19540e2512d60b000000ffff",
        "02654b2ca51817c2fb18f950c83d5f37a3a4a440373927132802ca3300000000ffff",
    ];

    [Fact]
    public void Blocks_of_one_connection_are_read_one_after_the_other()
    {
        using var reader = new SpdyHeaderReader();

        Assert.Equal(
            new() { ["streamtype"] = "error", ["port"] = "8080", ["requestid"] = "0" }, Read(reader, Blocks[0]));
        Assert.Equal(
            new() { ["streamtype"] = "data", ["port"] = "8080", ["requestid"] = "0" }, Read(reader, Blocks[1]));
        Assert.Equal(
            new() { ["content-type"] = "text/plain", ["user-agent"] = "Go-http-client/1.1" },
            Read(reader, Blocks[2]));
    }

    [Theory]
    [InlineData("78f9aaaaaaaa00")]
    [InlineData("78f9e3")]
    [InlineData("00")]
    [InlineData("")]
    [InlineData("7801ffffffff")]
    [InlineData("78010004 00fbff 00000001 000000ffff")]
    [InlineData("78010004 00fbff ffffffff 000000ffff")]
    [InlineData("78010008 00f7ff 00000001 ffffffff 000000ffff")]
    public void What_is_no_header_block_is_refused(string hex)
    {
        using var reader = new SpdyHeaderReader();

        Assert.Throws<SpdyException>(() => Read(reader, hex.Replace(" ", "")));
    }

    [Fact]
    public void A_block_that_unfolds_to_a_lot_is_refused_before_it_does()
    {
        using var bomb = new MemoryStream();
        using (var zlib = new ZLibStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            zlib.Write(new byte[100 * 1024 * 1024]);
        }

        using var reader = new SpdyHeaderReader();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SpdyException>(() => reader.Read(bomb.ToArray()));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public Task Spoilt_blocks_are_read_or_refused() => FuzzLoop.Each(20_000, random =>
    {
        using var reader = new SpdyHeaderReader();
        try
        {
            foreach (var block in Blocks)
            {
                var bytes = Convert.FromHexString(block);
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                reader.Read(bytes.AsMemory(0, random.Next(bytes.Length + 1)));
            }
        }
        catch (SpdyException)
        {
            // As it should be.
        }

        return Task.CompletedTask;
    });

    private static Dictionary<string, string> Read(SpdyHeaderReader reader, string hex) =>
        reader.Read(Convert.FromHexString(hex)).ToDictionary();
}
