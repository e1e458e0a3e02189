using System.IO.Pipelines;
using System.Text;
using Edge.Server.Api.Streams.Spdy;
using Edge.Tests.Server.Fuzz;

namespace Edge.Tests.Server.Api.Streams.Spdy;

public sealed class SpdyConnectionTests
{
    [Fact]
    public async Task A_stream_is_opened_answered_used_both_ways_and_closed()
    {
        var (server, client) = Pair();
        await client.Open(1, ("streamtype", "data"), ("port", "80"));
        await client.Send(1, "hello"u8.ToArray(), last: true);

        var opened = await server.Read(default);
        Assert.Equal((SpdyEventKind.Opened, "data", "80"), (
            opened!.Kind, opened.Stream.Header("streamtype"), opened.Stream.Header("Port")));
        await server.Reply(opened.Stream, default);
        var data = await server.Read(default);
        Assert.Equal("hello", Encoding.UTF8.GetString(data!.Data.Span));
        Assert.True(data.Stream.RemoteClosed);
        await server.Write(opened.Stream, "there"u8.ToArray(), default);
        await server.Finish(opened.Stream, default);
        await server.Finish(opened.Stream, default);

        Assert.Equal((2, 1u), ((await client.Next())!.Value.Type, 1u));
        Assert.Equal("there", (await client.UntilFinished(1))[1]);
        await client.Stream.DisposeAsync();
        Assert.Null(await server.Read(default));
    }

    [Fact]
    public async Task A_frame_longer_than_a_piece_comes_in_pieces()
    {
        var (server, client) = Pair();
        await client.Open(1);
        var sending = client.Send(1, new byte[1_000_000], last: true);
        var opened = await server.Read(default);

        var length = 0;
        while (!opened!.Stream.RemoteClosed)
        {
            var got = (await server.Read(default))!.Data.Length;
            Assert.InRange(got, 1, SpdyConnection.PieceBytes);
            length += got;
        }

        await sending;
        Assert.Equal(1_000_000, length);
    }

    [Fact]
    public async Task Pings_are_answered_and_what_means_nothing_here_is_passed_over()
    {
        var (server, client) = Pair();
        var reading = server.Read(default).AsTask();
        await client.Stream.WriteAsync(SpdyWire.Control(4, new byte[12]));
        await client.Stream.WriteAsync(SpdyWire.Control(9, new byte[8]));
        await client.Stream.WriteAsync(SpdyWire.Control(6, SpdyWire.Number(2)));
        await client.Stream.WriteAsync(SpdyWire.Control(6, SpdyWire.Number(7)));
        await client.Stream.WriteAsync(SpdyWire.DataFrame(99, new byte[100], last: false));
        await client.Stream.WriteAsync(SpdyWire.Control(7, new byte[8]));

        var (type, id, _, _) = (await client.Next())!.Value;
        Assert.Equal((6, 7u), (type, id));
        await client.Stream.DisposeAsync();
        Assert.Null(await reading);
    }

    [Fact]
    public async Task More_streams_than_may_be_open_are_refused()
    {
        var (server, client) = Pair();
        var opening = Task.Run(async () =>
        {
            for (var id = 1u; id <= 2 * SpdyConnection.StreamsMax + 1; id += 2)
            {
                await client.Open(id);
            }
        });
        for (var count = 0; count < SpdyConnection.StreamsMax; count++)
        {
            Assert.Equal(SpdyEventKind.Opened, (await server.Read(default))!.Kind);
        }

        var after = server.Read(default).AsTask();
        await opening;
        Assert.Equal((3, 2u * SpdyConnection.StreamsMax + 1), ((await client.Next())!.Value.Type, 513u));
        Assert.False(after.IsCompleted);
        await client.Stream.DisposeAsync();
        await after;
    }

    [Theory]
    [InlineData("80020001000000000000")]
    [InlineData("8003000100ffffff")]
    [InlineData("800300010000000400000001")]
    [InlineData("8003000300000000")]
    [InlineData("00000001000000")]
    [InlineData("0000000100000010ff")]
    public async Task What_is_no_frame_ends_the_connection(string hex)
    {
        using var server = new SpdyConnection(new MemoryStream(Convert.FromHexString(hex)));

        await Assert.ThrowsAsync<SpdyException>(async () =>
        {
            while (await server.Read(default) is not null)
            {
            }
        });
    }

    [Fact]
    public Task Random_frames_are_read_or_refused() => FuzzLoop.Each(3000, async random =>
    {
        var bytes = Nonsense(random);
        using var server = new SpdyConnection(new OneWay(bytes));
        var events = 0;
        try
        {
            while (await server.Read(default) is not null)
            {
                Assert.InRange(++events, 0, bytes.Length);
            }
        }
        catch (SpdyException)
        {
            // As it should be.
        }
    });

    /// <summary>Frames that are mostly right, with lengths, flags and bytes that are not.</summary>
    private static byte[] Nonsense(Random random)
    {
        var bytes = new List<byte>();
        var client = new SpdyWire(Stream.Null);
        for (var frame = 0; frame < 20; frame++)
        {
            var body = new byte[random.Next(40)];
            random.NextBytes(body);
            bytes.AddRange(random.Next(4) switch
            {
                0 => client.OpenFrame((uint)(2 * frame + 1), ("streamtype", "data")),
                1 => SpdyWire.DataFrame((uint)random.Next(40), body, random.Next(2) == 0),
                2 => SpdyWire.Control(random.Next(12), body, (byte)random.Next(4)),
                _ => [],
            });
        }

        for (var flips = random.Next(3); flips > 0 && bytes.Count > 0; flips--)
        {
            bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
        }

        return [.. bytes.Take(random.Next(bytes.Count + 1))];
    }

    private static (SpdyConnection Server, SpdyWire Client) Pair()
    {
        var (up, down) = (new Pipe(), new Pipe());
        return (
            new SpdyConnection(new Duplex(up.Reader.AsStream(), down.Writer.AsStream())),
            new SpdyWire(new Duplex(down.Reader.AsStream(), up.Writer.AsStream())));
    }

    /// <summary>What is written is nobody's.</summary>
    private sealed class OneWay(byte[] bytes) : Duplex(new MemoryStream(bytes), Null);
}
