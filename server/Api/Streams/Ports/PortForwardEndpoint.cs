using System.Globalization;
using System.Net.WebSockets;
using Edge.Server.Api.Http;
using Edge.Server.Api.Streams.Spdy;
using Edge.Server.Fleet;
using Edge.Server.Store;

namespace Edge.Server.Api.Streams.Ports;

/// <summary>Connects a client to ports of a pod, in each of the ways that clients know.</summary>
internal sealed class PortForwardEndpoint(ObjectStore store, StreamRelay relay, TimeProvider time)
{
    private const string Tunnel = "SPDY/3.1+portforward.k8s.io";

    /// <summary>Two channels each, and a channel is one byte.</summary>
    private const int PortsMax = 64;

    public async Task Run(ApiRequest request)
    {
        var target = PodTarget.Of(request, store);
        var upgrade = Upgrade.Agree(
            request.Http, [Tunnel, .. ChannelPorts.Protocols], ["portforward.k8s.io"]);
        var byChannels = upgrade.IsByWebSocket && upgrade.Protocol != Tunnel;
        var ports = byChannels ? Ports(request) : [];
        try
        {
            relay.CheckConnected(target.Node);
        }
        catch (StreamRefusedException refused)
        {
            throw PodTarget.Refusal(refused);
        }

        try
        {
            await Serve(target, upgrade, byChannels, ports, request.Ct);
        }
        catch (Exception gone) when (gone is IOException or WebSocketException or OperationCanceledException)
        {
            // The client left, spoke nonsense or was silent for too long; there is nobody to tell.
            request.Http.Abort();
        }
    }

    private async Task Serve(
        PodTarget target, Upgrade upgrade, bool byChannels, IReadOnlyList<int> ports, CancellationToken ct)
    {
        using var idle = new IdleLimit(time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, ct);
        using var forwarder = new PortForwarder(target, relay, idle, time);
        if (!upgrade.IsByWebSocket)
        {
            using var plain = new SpdyConnection(await upgrade.ToSpdy());
            await new SpdyPorts(plain, forwarder, idle, time).Run(either.Token);
            return;
        }

        using var socket = await upgrade.ToWebSocket();
        if (byChannels)
        {
            using var channels = new ChannelPorts(socket, upgrade.Protocol, ports, forwarder, idle);
            await channels.Run(either.Token);
            return;
        }

        await using var stream = new WebSocketStream(socket);
        using var tunnelled = new SpdyConnection(stream);
        await new SpdyPorts(tunnelled, forwarder, idle, time).Run(either.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", either.Token);
    }

    private static List<int> Ports(ApiRequest request)
    {
        var ports = new List<int>();
        foreach (var word in request.Http.Request.Query["ports"].SelectMany(list => (list ?? "").Split(',')))
        {
            ports.Add(int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                && port is >= 1 and <= ushort.MaxValue
                    ? port
                    : throw Errors.BadRequest($"unable to parse \"{word}\" as a port"));
        }

        return ports.Count is >= 1 and <= PortsMax
            ? ports
            : throw Errors.BadRequest($"query parameter \"ports\" is required, with at most {PortsMax} ports");
    }
}
