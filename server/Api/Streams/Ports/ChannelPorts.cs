using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Net.WebSockets;
using System.Text;

namespace Edge.Server.Api.Streams.Ports;

/// <summary>
/// Port forwarding as browsers and other libraries speak it: one connection to each port that the request names, two
/// channels of the WebSocket for each, of which the first message is the port's number.
/// </summary>
internal sealed class ChannelPorts : IDisposable
{
    private readonly WebSocket _socket;
    private readonly ChannelMessages _messages;
    private readonly PortForwarder _forwarder;
    private readonly IdleLimit _idle;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly PortChannels[] _ports;

    public ChannelPorts(
        WebSocket socket, string protocol, IReadOnlyList<int> ports, PortForwarder forwarder, IdleLimit idle)
    {
        (_socket, _forwarder, _idle) = (socket, forwarder, idle);
        _messages = new ChannelMessages(socket, isBase64: protocol.Contains("base64", StringComparison.Ordinal));
        _ports = new PortChannels[ports.Count];
        for (var i = 0; i < ports.Count; i++)
        {
            _ports[i] = new PortChannels(this, ports[i], 2 * i);
        }
    }

    public static string[] Protocols { get; } = ["v4.channel.k8s.io", "v4.base64.channel.k8s.io"];

    /// <summary>Returns when the client has left, or all connections are over.</summary>
    public async Task Run(CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = Read(over.Token);
        var carrying = new List<Task>();
        try
        {
            foreach (var port in _ports)
            {
                await port.Greet(ct);
                carrying.Add(_forwarder.Run(port.Port, port.Input.Reader, port, over.Token));
            }

            await await Task.WhenAny(reading, Task.WhenAll(carrying));
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", ct);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll([reading, .. carrying]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _sending.Dispose();

    private async Task Read(CancellationToken ct)
    {
        while (await _messages.Read(ct) is { } piece)
        {
            _idle.Touch();
            // What comes on a channel for errors, or on none, means nothing.
            if (piece.Channel % 2 == 0 && piece.Channel / 2 < _ports.Length)
            {
                await _ports[piece.Channel / 2].Input.Writer.WriteAsync(piece.Data, ct);
            }
        }
    }

    private async Task Send(int channel, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            await _messages.Send(channel, data, ct);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The two channels of one port.</summary>
    private sealed class PortChannels(ChannelPorts owner, int port, int channel) : PortClient
    {
        public int Port => port;

        public Pipe Input { get; } = PortForwarder.NewInput();

        public async Task Greet(CancellationToken ct)
        {
            var number = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)port);
            await owner.Send(channel, number, ct);
            await owner.Send(channel + 1, number, ct);
        }

        public override async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken ct)
        {
            while (!data.IsEmpty)
            {
                var piece = data[..Math.Min(data.Length, ProcessClient.PieceBytes)];
                await owner.Send(channel, piece, ct);
                data = data[piece.Length..];
            }
        }

        /// <summary>This protocol has no word for it.</summary>
        public override Task FinishData(CancellationToken ct) => Task.CompletedTask;

        public override Task Fail(string why, CancellationToken ct) =>
            owner.Send(channel + 1, Encoding.UTF8.GetBytes(why), ct);

        public override Task Finish(CancellationToken ct) => Task.CompletedTask;
    }
}
