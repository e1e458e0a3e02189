using System.Net.WebSockets;
using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Api.Streams;
using Edge.Tests.Server.Api.Streams.Spdy;

namespace Edge.Tests.Server.Api.Streams;

public sealed class PortForwardTests : IAsyncLifetime
{
    private const string Path = $"{StreamClient.Pods}/one/portforward";

    private readonly ApiFixture _api = new();
    private StreamClient _client = null!;
    private FarNode _node = null!;

    public async Task InitializeAsync()
    {
        await _api.InitializeAsync();
        _client = new StreamClient(_api);
        _node = new FarNode(_api) { Does = Upper };
        var created = await _api.Admin.PostAsync(StreamClient.Pods, ApiFixture.Json("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"one"},
            "spec":{"nodeName":"n1","containers":[{"name":"a","image":"i"}]}}
            """));
        Assert.True(created.IsSuccessStatusCode);
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connections_run_side_by_side_and_end_each_by_itself(bool tunnelled)
    {
        var spdy = await Connect(tunnelled);
        await Pair(spdy, 1, "0");
        await Pair(spdy, 5, "1");
        await spdy.Send(7, "second"u8.ToArray(), last: true);
        Assert.Equal(("SECOND", ""), await Ends(spdy, 5));

        await spdy.Send(3, "fir"u8.ToArray());
        await spdy.Send(3, "st"u8.ToArray(), last: true);
        Assert.Equal(("FIRST", ""), await Ends(spdy, 1));
        Assert.Equal([80, 80], _node.Asked.Select(asked => asked.Request.Port));
        Assert.All(_node.Asked, asked => Assert.Equal("port", asked.Kind));
    }

    [Fact]
    public async Task What_fails_is_told_on_the_errors_of_its_connection_alone()
    {
        _node.Does = (wanted, stream) => wanted.Port == 81
            ? Task.FromResult<string?>("connect: connection refused") : Upper(wanted, stream);
        var spdy = await Connect(tunnelled: true);
        await Pair(spdy, 1, "0", port: "81");
        var uid = (string?)(await ApiFixture.Body(await _api.Admin.GetAsync($"{StreamClient.Pods}/one")))["metadata"]!
            ["uid"];
        Assert.Equal(
            ("", $"error forwarding port 81 to pod one, uid {uid}: connect: connection refused"),
            await Ends(spdy, 1));

        await Pair(spdy, 5, "1");
        await spdy.Send(7, "on"u8.ToArray(), last: true);
        Assert.Equal(("ON", ""), await Ends(spdy, 5));
    }

    [Fact]
    public async Task Whoever_gives_a_connection_up_ends_it_at_the_node_and_hears_the_end_of_its_errors()
    {
        _node.Does = async (_, stream) =>
        {
            stream.Accept();
            while (true)
            {
                await stream.Write(new byte[1000], default);
            }
        };
        var spdy = await Connect(tunnelled: false);
        await Pair(spdy, 1, "0");
        while ((await spdy.Next())!.Value.Id != 3)
        {
        }

        await spdy.Stream.WriteAsync(SpdyWire.Control(3, [.. SpdyWire.Number(3), .. SpdyWire.Number(5)]));
        Assert.Equal("", (await spdy.UntilFinished(1))[1]);
        await _node.Done.WaitAsync(StreamClient.Limit);
    }

    [Fact]
    public async Task One_who_does_not_take_his_bytes_does_not_hold_up_the_others_bytes_to_the_client()
    {
        _node.Does = async (wanted, stream) =>
        {
            stream.Accept();
            if (wanted.Port == 81)
            {
                await new TaskCompletionSource().Task.WaitAsync(stream.Ended);
            }

            return await Upper(wanted, stream);
        };
        var spdy = await Connect(tunnelled: false);
        await Pair(spdy, 1, "0", port: "81");
        await spdy.Send(3, new byte[LinkStream.WindowBytes + 8 * 1024]);

        await Pair(spdy, 5, "1");
        await spdy.Send(7, "free"u8.ToArray(), last: true);
        Assert.Equal(("FREE", ""), await Ends(spdy, 5));
    }

    [Fact]
    public async Task Streams_that_make_no_sense_are_refused_and_the_rest_goes_on()
    {
        var spdy = await Connect(tunnelled: false);
        await spdy.Open(1, ("streamtype", "data"));
        await spdy.Open(3, ("streamtype", "data"), ("port", "0"));
        await spdy.Open(5, ("streamtype", "data"), ("port", "65536"));
        await spdy.Open(7, ("streamtype", "other"), ("port", "80"));
        await spdy.Open(9, ("streamtype", "data"), ("port", "80"), ("requestid", "x"));
        await spdy.Open(11, ("streamtype", "data"), ("port", "80"), ("requestid", "x"));
        await spdy.Open(13, ("streamtype", "error"), ("port", "81"), ("requestid", "x"));
        foreach (var (type, id) in ((int, uint)[])[(3, 1), (3, 3), (3, 5), (3, 7), (2, 9), (3, 11), (3, 13)])
        {
            var next = (await spdy.Next())!.Value;
            Assert.Equal((type, id), (next.Type, next.Id));
        }

        await Pair(spdy, 15, requestId: null);
        await spdy.Send(17, "old"u8.ToArray(), last: true);
        Assert.Equal(("OLD", ""), await Ends(spdy, 15));
    }

    [Fact]
    public async Task Half_a_connection_that_is_given_up_leaves_nothing_behind_and_its_id_is_free()
    {
        var spdy = await Connect(tunnelled: false);
        var id = 1u;
        for (; id < 600; id += 2)
        {
            await spdy.Open(id, ("streamtype", "error"), ("port", "80"), ("requestid", $"{id}"));
            Assert.Equal(2, (await spdy.Next())!.Value.Type);
            await spdy.Stream.WriteAsync(SpdyWire.Control(3, [.. SpdyWire.Number(id), .. SpdyWire.Number(5)]));
        }

        await Pair(spdy, id, "1");
        await spdy.Send(id + 2, "again"u8.ToArray(), last: true);
        Assert.Equal(("AGAIN", ""), await Ends(spdy, id));
    }

    [Fact]
    public async Task No_more_than_128_halves_wait_for_their_others()
    {
        var spdy = await Connect(tunnelled: false);
        for (var half = 0u; half <= 128; half++)
        {
            await spdy.Open(1 + 2 * half, ("streamtype", "error"), ("port", "80"), ("requestid", $"{half}"));
            Assert.Equal(half < 128 ? 2 : 3, (await spdy.Next())!.Value.Type);
        }

        await spdy.Open(301, ("streamtype", "data"), ("port", "80"), ("requestid", "7"));
        await spdy.Send(301, "whole"u8.ToArray(), last: true);
        Assert.Equal("WHOLE", (await spdy.UntilFinished(301))[301]);
    }

    [Fact]
    public async Task Two_channels_for_each_port_that_the_request_names()
    {
        using var socket = await _client.WebSocket($"{Path}?ports=80&ports=443", "v4.channel.k8s.io");
        var said = new Dictionary<int, List<byte[]>>();
        foreach (var _ in Enumerable.Range(0, 4))
        {
            await Collect(socket, said);
        }

        Assert.Equal([80, 0], said[0][0]);
        Assert.Equal([80, 0], said[1][0]);
        Assert.Equal([0xBB, 1], said[2][0]);
        Assert.Equal([0xBB, 1], said[3][0]);
        await socket.SendAsync(
            (byte[])[2, .. "hello"u8], WebSocketMessageType.Binary, endOfMessage: true, default);
        await Collect(socket, said);
        Assert.Equal("HELLO", Encoding.ASCII.GetString(said[2][1]));
    }

    [Theory]
    [InlineData("", "query parameter")]
    [InlineData("?ports=0", "unable to parse")]
    [InlineData("?ports=80,x", "unable to parse")]
    public async Task Ports_that_are_none_are_refused(string query, string message)
    {
        var (head, wire) = await _client.RawWebSocket($"{Path}{query}", "v4.channel.k8s.io");
        Assert.StartsWith("HTTP/1.1 400 ", head);
        Assert.Contains(message, await StreamClient.Message(head, wire));
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_told_before_the_upgrade()
    {
        _api.IsConnected = _ => false;
        var (head, _) = await _client.Spdy(Path, "portforward.k8s.io");
        Assert.StartsWith("HTTP/1.1 503 ", head);
    }

    [Fact]
    public async Task Nonsense_ends_the_connection_and_nothing_else()
    {
        var random = new Random(3);
        for (var round = 0; round < 40; round++)
        {
            var spdy = await Connect(tunnelled: round % 2 == 0);
            var bytes = new byte[200];
            random.NextBytes(bytes);
            bytes[0] |= 0x80;
            await spdy.Stream.WriteAsync(bytes);
            await spdy.Stream.FlushAsync();
            await spdy.Stream.DisposeAsync();
        }

        var healthy = await Connect(tunnelled: true);
        await Pair(healthy, 1, "0");
        await healthy.Send(3, "fine"u8.ToArray(), last: true);
        Assert.Equal(("FINE", ""), await Ends(healthy, 1));
    }

    /// <summary>What a server in the pod would do.</summary>
    private static async Task<string?> Upper(PodStreamRequest wanted, LinkStream stream)
    {
        stream.Accept();
        while (await stream.ReadPiece(default) is { } piece)
        {
            var text = Encoding.ASCII.GetString(piece.Data.Span).ToUpperInvariant();
            await stream.Write(Encoding.ASCII.GetBytes(text), default);
            if (piece.IsLast)
            {
                stream.Close();
                return null;
            }
        }

        return null;
    }

    private static async Task Collect(ClientWebSocket socket, Dictionary<int, List<byte[]>> said)
    {
        var buffer = new byte[1000];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(StreamClient.Limit);
        if (!said.TryGetValue(buffer[0], out var messages))
        {
            said[buffer[0]] = messages = [];
        }

        messages.Add(buffer[1..got.Count]);
    }

    /// <summary>The streams of a connection as kubectl opens them: errors on the first id, bytes on the next.</summary>
    private static async Task Pair(SpdyWire spdy, uint first, string? requestId, string port = "80")
    {
        (string, string)[] more = requestId is null ? [("port", port)] : [("port", port), ("requestid", requestId)];
        await spdy.Open(first, [("streamtype", "error"), .. more]);
        await spdy.Send(first, default, last: true);
        await spdy.Open(first + 2, [("streamtype", "data"), .. more]);
    }

    private static async Task<(string Data, string Errors)> Ends(SpdyWire spdy, uint first)
    {
        var texts = await spdy.UntilFinished(first, first + 2);
        return (texts[first + 2], texts[first]);
    }

    private async Task<SpdyWire> Connect(bool tunnelled)
    {
        if (tunnelled)
        {
            return new SpdyWire(new WebSocketStream(await _client.Tunnel(Path)));
        }

        var (head, wire) = await _client.Spdy(Path, "portforward.k8s.io");
        Assert.StartsWith("HTTP/1.1 101 ", head);
        return new SpdyWire(wire);
    }
}
