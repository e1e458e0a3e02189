using System.Buffers.Text;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Edge.Server.Api.Streams;

/// <summary>A log as messages of a WebSocket, for clients that cannot read a body while it grows.</summary>
internal static class LogSocket
{
    private const string Base64Protocol = "base64.binary.k8s.io";
    private const int PieceBytes = 24 * 1024;

    private static readonly string[] s_protocols = ["binary.k8s.io", Base64Protocol];

    /// <summary>Null when the client wants a plain body.</summary>
    public static Upgrade? Wish(HttpContext http) =>
        Upgrade.IsWebSocket(http.Request) ? Upgrade.Agree(http, s_protocols, []) : null;

    /// <summary>Returns when the log ends or the client leaves. The first message is empty, as upstream's.</summary>
    public static async Task Copy(Upgrade upgrade, Stream log, CancellationToken ct)
    {
        using var socket = await upgrade.ToWebSocket();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var left = Left(socket, over);
        var isBase64 = upgrade.Protocol == Base64Protocol;
        var (buffer, text) = (new byte[PieceBytes], new byte[Base64.GetMaxEncodedToUtf8Length(PieceBytes)]);
        try
        {
            var got = 0;
            do
            {
                var piece = buffer.AsMemory(0, got);
                if (isBase64)
                {
                    Base64.EncodeToUtf8(piece.Span, text, out _, out var length);
                    piece = text.AsMemory(0, length);
                }

                var type = isBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
                await socket.SendAsync(piece, type, endOfMessage: true, over.Token);
                got = await log.ReadAsync(buffer, over.Token);
            }
            while (got > 0);

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", over.Token);
        }
        finally
        {
            await over.CancelAsync();
            await left.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The client says nothing that matters, until it closes.</summary>
    private static async Task Left(WebSocket socket, CancellationTokenSource over)
    {
        var ignored = new byte[256];
        try
        {
            while ((await socket.ReceiveAsync(ignored.AsMemory(), over.Token)).MessageType
                != WebSocketMessageType.Close)
            {
            }
        }
        finally
        {
            await over.CancelAsync();
        }
    }
}
