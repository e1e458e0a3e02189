using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Edge.Server.Api.Streams;
using Edge.Tests.Server.Fuzz;

namespace Edge.Tests.Server.Api.Streams;

public sealed class ChannelMessagesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task However_a_message_is_cut_its_channel_gets_its_bytes(bool isBase64)
    {
        var random = new Random(11);
        for (var round = 0; round < 200; round++)
        {
            var (server, client) = Pair();
            var data = new byte[random.Next(2000)];
            random.NextBytes(data);
            byte[] message = isBase64
                ? [(byte)'4', .. Encoding.ASCII.GetBytes(Convert.ToBase64String(data))] : [4, .. data];
            await SendCut(client, message, random);

            var messages = new ChannelMessages(server, isBase64);
            var got = new List<byte>();
            while (got.Count < data.Length)
            {
                var piece = await messages.Read(default);
                Assert.Equal(4, piece!.Channel);
                got.AddRange(piece.Data.ToArray());
            }

            Assert.Equal(data, got);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Nonsense_is_passed_over_or_ends_the_connection(bool isBase64) => FuzzLoop.Each(500, async random =>
    {
        var (server, client) = Pair();
        for (var count = random.Next(5); count > 0; count--)
        {
            var message = new byte[random.Next(40)];
            random.NextBytes(message);
            await SendCut(client, message, random);
        }

        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", default);
        var messages = new ChannelMessages(server, isBase64);
        while (await messages.Read(default) is { } piece)
        {
            Assert.InRange(piece.Data.Length, 0, 40);
        }
    });

    [Fact]
    public Task Bytes_that_are_no_WebSocket_end_the_connection() => FuzzLoop.Each(2000, async random =>
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        using var server = WebSocket.CreateFromStream(
            new Duplex(new MemoryStream(bytes), Stream.Null), new WebSocketCreationOptions { IsServer = true });
        var messages = new ChannelMessages(server, isBase64: false);
        try
        {
            while (await messages.Read(default) is not null)
            {
            }
        }
        catch (WebSocketException)
        {
            // As it should be.
        }
    });

    private static async Task SendCut(WebSocket client, byte[] message, Random random)
    {
        var rest = message.AsMemory();
        do
        {
            var length = random.Next(rest.Length + 1);
            var last = random.Next(3) == 0 || length == rest.Length;
            length = last ? rest.Length : length;
            await client.SendAsync(rest[..length], WebSocketMessageType.Binary, last, default);
            rest = rest[length..];
            if (last)
            {
                return;
            }
        }
        while (true);
    }

    private static (WebSocket Server, WebSocket Client) Pair()
    {
        var (up, down) = (new Pipe(new PipeOptions(pauseWriterThreshold: 0)), new Pipe());
        return (
            WebSocket.CreateFromStream(
                new Duplex(up.Reader.AsStream(), down.Writer.AsStream()),
                new WebSocketCreationOptions { IsServer = true }),
            WebSocket.CreateFromStream(
                new Duplex(down.Reader.AsStream(), up.Writer.AsStream()), new WebSocketCreationOptions()));
    }
}
