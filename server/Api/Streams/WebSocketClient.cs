using System.Net.WebSockets;

namespace Edge.Server.Api.Streams;

/// <summary>
/// A process's client over WebSocket: the first byte of each message is its channel. In the protocols that are base64
/// the first character is the channel's digit and the rest is base64.
/// </summary>
internal sealed class WebSocketClient : ProcessClient
{
    public const string V5 = "v5.channel.k8s.io";

    private const int ChannelInput = 0;
    private const int ChannelOutput = 1;
    private const int ChannelError = 2;
    private const int ChannelStatus = 3;
    private const int ChannelSize = 4;
    private const int ChannelClose = 255;

    private readonly WebSocket _socket;
    private readonly ChannelMessages _messages;
    private readonly TerminalSizes _sizes = new();
    private readonly bool _hasStatus;
    private readonly bool _hasClose;

    public WebSocketClient(WebSocket socket, string protocol)
    {
        _socket = socket;
        _messages = new ChannelMessages(socket, isBase64: protocol.Contains("base64", StringComparison.Ordinal));
        _hasStatus = protocol.StartsWith('v');
        _hasClose = protocol == V5;
    }

    /// <summary>In the order of no preference; clients say theirs. No name means the oldest.</summary>
    public static string[] Protocols { get; } =
    [
        V5, "v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io",
    ];

    /// <summary>The empty message that tells the client that it may begin, on its first channel.</summary>
    public Task Greet(bool output, bool error, CancellationToken ct) => _messages.Send(
        output ? ChannelOutput : error ? ChannelError : ChannelStatus, default, ct);

    public override async ValueTask<ClientSays?> Read(CancellationToken ct)
    {
        if (await _messages.Read(ct) is not { } piece)
        {
            return null;
        }

        return piece.Channel switch
        {
            ChannelInput => new ClientSays.Input(piece.Data),
            ChannelSize when _sizes.Read(piece.Data.Span) is { } size => size,
            ChannelClose when _hasClose && piece.Data.Span.SequenceEqual([(byte)ChannelInput]) =>
                new ClientSays.InputEnd(),
            _ => new ClientSays.Nothing(),
        };
    }

    public override async ValueTask Write(int channel, ReadOnlyMemory<byte> data, CancellationToken ct)
    {
        while (!data.IsEmpty)
        {
            var piece = data[..Math.Min(data.Length, PieceBytes)];
            await _messages.Send(channel == Output ? ChannelOutput : ChannelError, piece, ct);
            data = data[piece.Length..];
        }
    }

    public override async Task Finish(ProcessStatus status, CancellationToken ct)
    {
        var text = _hasStatus ? status.ToJson() : status.ToText();
        if (text.Length > 0)
        {
            await _messages.Send(ChannelStatus, text, ct);
        }

        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", ct);
    }

    /// <summary>The WebSocket sends its own.</summary>
    public override Task Ping(CancellationToken ct) => Task.CompletedTask;

    public override void Dispose() => _socket.Dispose();
}
