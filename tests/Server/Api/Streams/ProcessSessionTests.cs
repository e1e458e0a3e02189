using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;
using Edge.Server.Api.Streams;
using Edge.Server.Fleet;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api.Streams;

public sealed class ProcessSessionTests : IAsyncLifetime
{
    private readonly FakeClock _clock = new();
    private readonly StreamPair _pair = new();
    private readonly WebSocketClient _client;
    private readonly WebSocket _far;
    private NodeStream _node = null!;

    public ProcessSessionTests()
    {
        var (up, down) = (new Pipe(), new Pipe());
        _client = new WebSocketClient(
            WebSocket.CreateFromStream(
                new Duplex(up.Reader.AsStream(), down.Writer.AsStream()),
                new WebSocketCreationOptions { IsServer = true }),
            WebSocketClient.V5);
        _far = WebSocket.CreateFromStream(
            new Duplex(down.Reader.AsStream(), up.Writer.AsStream()), new WebSocketCreationOptions());
    }

    public async Task InitializeAsync()
    {
        _pair.Agent.Accept();
        _node = await NodeStream.Accepted(_pair.Server, () => { }, default);
    }

    public async Task DisposeAsync()
    {
        await _pair.DisposeAsync();
        _client.Dispose();
        _far.Dispose();
    }

    [Fact]
    public async Task Four_hours_without_a_byte_end_it_and_every_byte_begins_them_anew()
    {
        using var session = new ProcessSession(_client, _node, ["sh"], _clock);
        var running = session.Run(default);
        for (var round = 0; round < 3; round++)
        {
            _clock.Advance(TimeSpan.FromHours(3));
            await _pair.Agent.Write("."u8.ToArray(), default);
            await _far.ReceiveAsync(new byte[9].AsMemory(), default);
        }

        _clock.Advance(TimeSpan.FromHours(3));
        await Task.Yield();
        Assert.False(running.IsCompleted);
        _clock.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(StreamClient.Limit));
    }

    [Fact]
    public async Task Of_a_burst_of_sizes_the_first_and_the_last_go_to_the_node()
    {
        using var session = new ProcessSession(_client, _node, ["sh"], _clock);
        using var stop = new CancellationTokenSource();
        var running = session.Run(stop.Token);
        await Size(1);
        Assert.Equal(1u, (await _pair.Agent.ReadSize(default))!.Width);
        for (var width = 2; width < 50; width++)
        {
            await Size(width);
        }

        // The link keeps the order: a size sent before this would be there before it.
        await Say([0, .. "x"u8]);
        await _pair.Agent.ReadPiece(default).AsTask().WaitAsync(StreamClient.Limit);
        var next = _pair.Agent.ReadSize(default).AsTask();
        Assert.False(next.IsCompleted);
        while (!next.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal(49u, (await next)!.Width);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_client_that_does_not_leave_when_all_is_said_is_left()
    {
        using var session = new ProcessSession(_client, _node, ["sh"], _clock);
        var running = session.Run(default);
        _pair.Agent.End(null, 0);
        await _far.ReceiveAsync(new byte[99].AsMemory(), default);
        Assert.Equal(
            WebSocketMessageType.Close, (await _far.ReceiveAsync(new byte[99].AsMemory(), default)).MessageType);

        while (!running.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await running;
    }

    private Task Size(int width) => Say([4, .. Encoding.ASCII.GetBytes($$"""{"Width":{{width}},"Height":9}""")]);

    private Task Say(byte[] message) =>
        _far.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);
}
