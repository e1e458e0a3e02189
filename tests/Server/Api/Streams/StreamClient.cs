using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api.Streams;

/// <summary>Clients that upgrade, with the administrator's certificate.</summary>
internal sealed class StreamClient(ApiFixture api)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

#pragma warning disable CA5359 // the server's certificate is made anew for each test
    private static readonly RemoteCertificateValidationCallback AnyServer = (_, _, _, _) => true;
#pragma warning restore CA5359

    public const string Pods = "/api/v1/namespaces/default/pods";

    public async Task<ClientWebSocket> WebSocket(string path, params string[] protocols)
    {
        var socket = new ClientWebSocket();
        socket.Options.ClientCertificates.Add(ApiFixture.Issue(api.ApiCa, "O=system:masters, CN=admin"));
        socket.Options.RemoteCertificateValidationCallback = AnyServer;
        foreach (var protocol in protocols)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{api.Server.Port}{path}"), default).WaitAsync(Limit);
        return socket;
    }

    /// <summary>A connection to the server that speaks nothing yet.</summary>
    public async Task<SslStream> Connect()
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", api.Server.Port);
        var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            ClientCertificates = [ApiFixture.Issue(api.ApiCa, "O=system:masters, CN=admin")],
            RemoteCertificateValidationCallback = AnyServer,
        });
        return tls;
    }

    /// <summary>
    /// Sends an upgrade as kubectl 1.28 does; returns the answer's head and the connection behind it.
    /// </summary>
    public async Task<(string Head, Stream Wire)> Spdy(string path, params string[] protocols)
    {
        var wishes = string.Concat(protocols.Select(protocol => $"X-Stream-Protocol-Version: {protocol}\r\n"));
        return await Upgrade($"POST {path} HTTP/1.1\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n{wishes}");
    }

    /// <summary>As kubectl 1.31 does; the framework's own client refuses the protocol's name.</summary>
    public async Task<WebSocket> Tunnel(string path)
    {
        const string protocol = "SPDY/3.1+portforward.k8s.io";
        var (head, wire) = await RawWebSocket(path, protocol);
        Assert.StartsWith("HTTP/1.1 101 ", head);
        Assert.Contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", head);
        Assert.Contains($"\r\nSec-WebSocket-Protocol: {protocol}\r\n", head);
        return System.Net.WebSockets.WebSocket.CreateFromStream(wire, new WebSocketCreationOptions());
    }

    /// <summary>Asks for a WebSocket; the framework's own client keeps a refusal's body to itself.</summary>
    public Task<(string Head, Stream Wire)> RawWebSocket(string path, string protocol) => Upgrade(
        $"GET {path} HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {protocol}\r\n");

    /// <summary>The message of a status that is the body behind this head.</summary>
    public static async Task<string> Message(string head, Stream wire)
    {
        const string Name = "Content-Length: ";
        var line = head.Split("\r\n").Single(line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        var body = new byte[int.Parse(line[Name.Length..])];
        await wire.ReadExactlyAsync(body).AsTask().WaitAsync(Limit);
        return (string)JsonNode.Parse(body)!["message"]!;
    }

    private async Task<(string Head, Stream Wire)> Upgrade(string request)
    {
        var tls = await Connect();
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"{request}Host: edge\r\nConnection: Upgrade\r\n\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n") && await tls.ReadAsync(one).AsTask().WaitAsync(Limit) > 0)
        {
            head.Append((char)one[0]);
        }

        return (head.ToString(), tls);
    }
}
