using System.Net.WebSockets;

namespace Edge.Server.Api.Streams;

/// <summary>
/// A WebSocket on which only the server has something to say: what the client says is left unread, until it closes.
/// </summary>
internal sealed class OutgoingSocket : IAsyncDisposable
{
    private readonly WebSocket _socket;
    private readonly CancellationTokenSource _over;
    private readonly Task _left;

    private OutgoingSocket(WebSocket socket, CancellationTokenSource over)
    {
        (_socket, _over, Left) = (socket, over, over.Token);
        _left = UntilLeft();
    }

    /// <summary>The client has left, or what was given at the opening was cancelled.</summary>
    public CancellationToken Left { get; }

    /// <summary>Answers 101.</summary>
    public static async Task<OutgoingSocket> Open(Upgrade upgrade, CancellationToken ct) =>
        new(await upgrade.ToWebSocket(), CancellationTokenSource.CreateLinkedTokenSource(ct));

    /// <exception cref="WebSocketException">The connection broke.</exception>
    public ValueTask Send(ReadOnlyMemory<byte> message, bool isText, CancellationToken ct) => _socket.SendAsync(
        message, isText ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, ct);

    /// <summary>Says that nothing more comes.</summary>
    public Task Close() => _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", Left);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _left.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _over.Dispose();
    }

    private async Task UntilLeft()
    {
        var ignored = new byte[256];
        try
        {
            while ((await _socket.ReceiveAsync(ignored.AsMemory(), Left)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        finally
        {
            await _over.CancelAsync();
        }
    }
}
