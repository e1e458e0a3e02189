using System.Buffers.Text;
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
        await using var socket = await OutgoingSocket.Open(upgrade, ct);
        var isBase64 = upgrade.Protocol == Base64Protocol;
        var (buffer, text) = (new byte[PieceBytes], new byte[Base64.GetMaxEncodedToUtf8Length(PieceBytes)]);
        var got = 0;
        do
        {
            var piece = buffer.AsMemory(0, got);
            if (isBase64)
            {
                Base64.EncodeToUtf8(piece.Span, text, out _, out var length);
                piece = text.AsMemory(0, length);
            }

            await socket.Send(piece, isBase64, socket.Left);
            got = await log.ReadAsync(buffer, socket.Left);
        }
        while (got > 0);

        await socket.Close();
    }
}
