using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Edge.Server.Api.Streams;
using Edge.Server.Api.Streams.Ports;
using Edge.Server.Fleet;
using Edge.Tests.Support;

namespace Edge.Tests.Server.Api.Streams;

public sealed class ChannelPortsTests
{
    [Fact]
    public async Task A_client_that_is_gone_before_it_is_greeted_is_not_read_any_more()
    {
        var clock = new FakeClock();
        var input = new Silence();
        var closed = new Pipe().Writer.AsStream();
        await closed.DisposeAsync();
        using var socket = WebSocket.CreateFromStream(
            new Duplex(input, closed), new WebSocketCreationOptions { IsServer = true });
        using var idle = new IdleLimit(clock);
        var target = new PodTarget("default", "one", "uid", "n1", new JsonObject());
        using var forwarder = new PortForwarder(target, StreamRelay.None, idle, clock);
        using var ports = new ChannelPorts(socket, ChannelPorts.Protocols[0], [80, 443], forwarder, idle);

        await Assert.ThrowsAnyAsync<Exception>(() => ports.Run(default).WaitAsync(StreamClient.Limit));
        Assert.Equal(0, input.Readers);
    }

    /// <summary>Says nothing to whoever reads until he gives up.</summary>
    private sealed class Silence() : Duplex(Null, Null)
    {
        public int Readers { get; private set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Readers++;
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return 0;
            }
            finally
            {
                Readers--;
            }
        }
    }
}
