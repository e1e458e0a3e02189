using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Edge.Server.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Primitives;

namespace Edge.Server.Api.Streams;

/// <summary>
/// A client's wish to leave HTTP for a stream of its own, by WebSocket or by SPDY. Which protocol is spoken then is
/// agreed before anything is done for the client.
/// </summary>
internal sealed class Upgrade
{
    private const string SpdyName = "SPDY/3.1";
    private const string SpdyProtocolHeader = "X-Stream-Protocol-Version";
    private const string WebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int ProtocolsMax = 32;

    /// <summary>As often a sign of life is sent, which also shows whether the client can still be reached.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    private readonly HttpContext _http;

    private Upgrade(HttpContext http, bool isByWebSocket, string protocol) =>
        (_http, IsByWebSocket, Protocol) = (http, isByWebSocket, protocol);

    public bool IsByWebSocket { get; }

    /// <summary>The protocol that both know; empty when the client named none.</summary>
    public string Protocol { get; }

    public static bool IsWebSocket(HttpRequest request) => Has(request.Headers.Upgrade, "websocket");

    /// <param name="http">The request.</param>
    /// <param name="webSocket">What the endpoint speaks over WebSocket.</param>
    /// <param name="spdy">What it speaks over SPDY.</param>
    /// <exception cref="StatusException">It is no such wish, or there is no protocol that both know.</exception>
    public static Upgrade Agree(HttpContext http, string[] webSocket, string[] spdy)
    {
        var wanted = http.Request.Headers.Upgrade;
        if (http.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || wanted.Count == 0)
        {
            throw Errors.BadRequest("Upgrade request required");
        }

        if (IsWebSocket(http.Request))
        {
            CheckWebSocket(http.Request);
            return new Upgrade(http, true, Choose(http.Request.Headers.SecWebSocketProtocol, webSocket));
        }

        return Has(wanted, SpdyName)
            ? new Upgrade(http, false, Choose(http.Request.Headers[SpdyProtocolHeader], spdy))
            : throw Errors.BadRequest($"unable to upgrade: missing upgrade headers in request: {wanted}");
    }

    /// <summary>Answers 101 with WebSocket.</summary>
    public async Task<WebSocket> ToWebSocket()
    {
        var response = _http.Response.Headers;
        var key = _http.Request.Headers.SecWebSocketKey.ToString().Trim();
        response.Upgrade = "websocket";
        response.SecWebSocketAccept = Convert.ToBase64String(
#pragma warning disable CA5350 // the protocol's own proof that the server understood the request; no secret
            SHA1.HashData(Encoding.ASCII.GetBytes(key + WebSocketGuid)));
#pragma warning restore CA5350
        if (Protocol.Length > 0)
        {
            response.SecWebSocketProtocol = Protocol;
        }

        return WebSocket.CreateFromStream(await Leave(), new WebSocketCreationOptions
        {
            IsServer = true, KeepAliveInterval = KeepAlive,
        });
    }

    /// <summary>Answers 101 with SPDY.</summary>
    public Task<Stream> ToSpdy()
    {
        _http.Response.Headers.Upgrade = SpdyName;
        if (Protocol.Length > 0)
        {
            _http.Response.Headers[SpdyProtocolHeader] = Protocol;
        }

        return Leave();
    }

    private Task<Stream> Leave()
    {
        if (_http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            // Who reads slowly is waited for.
            rate.MinDataRate = null;
        }

        return _http.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync();
    }

    private static void CheckWebSocket(HttpRequest request)
    {
        const int keyBytes = 16, supported = 13;
        Span<byte> key = stackalloc byte[keyBytes + 8];
        var text = request.Headers.SecWebSocketKey.ToString().Trim();
        if (request.Headers.SecWebSocketVersion != $"{supported}"
            || !Convert.TryFromBase64String(text, key, out var length) || length != keyBytes)
        {
            throw Errors.BadRequest("the WebSocket handshake is malformed, or not of version 13");
        }
    }

    /// <summary>The client's first wish that the endpoint speaks; each header may hold several.</summary>
    private static string Choose(StringValues headers, string[] spoken)
    {
        var wishes = headers.SelectMany(header => (header ?? "").Split(',', ProtocolsMax))
            .Select(wish => wish.Trim()).Where(wish => wish.Length > 0).Take(ProtocolsMax).ToList();
        return wishes.Count == 0 ? ""
            : wishes.FirstOrDefault(spoken.Contains) ?? throw Errors.NoProtocol(wishes, spoken);
    }

    private static bool Has(StringValues headers, string wanted) => headers.ToString().Split(',')
        .Any(name => name.Trim().Equals(wanted, StringComparison.OrdinalIgnoreCase));
}
