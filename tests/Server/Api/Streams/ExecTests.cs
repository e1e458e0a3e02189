using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Link;
using Edge.Tests.Server.Api.Streams.Spdy;

namespace Edge.Tests.Server.Api.Streams;

/// <summary>exec and attach, as the clients of each protocol see them.</summary>
public sealed class ExecTests : IAsyncLifetime
{
    private const string Pods = StreamClient.Pods;

    private readonly ApiFixture _api = new();
    private StreamClient _client = null!;
    private FarNode _node = null!;

    public async Task InitializeAsync()
    {
        await _api.InitializeAsync();
        _client = new StreamClient(_api);
        _node = new FarNode(_api);
        await Create("one", "n1", "main");
        await Create("two", "n1", "main", "side");
        await Create("waiting", "", "main");
        await Create("lost", "n2", "main");
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task Version_5_carries_input_to_its_end_outputs_apart_and_the_exit_code()
    {
        _node.Does = Cat(exitCode: 3);
        var path = $"{Pods}/one/exec?command=cat&command=-n&stdin=true&stdout=true&stderr=true";
        using var socket = await _client.WebSocket(path, "v5.channel.k8s.io");
        Assert.Equal("v5.channel.k8s.io", socket.SubProtocol);
        Assert.Equal([1], await Message(socket));

        await Send(socket, [0, .. "hello "u8]);
        await Send(socket, [0, .. "there"u8]);
        await Send(socket, [255, 0]);
        var said = await Rest(socket);
        Assert.Equal("hello there", said[1]);
        Assert.Equal("11 bytes", said[2]);
        Assert.Equal(
            """
            {"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code: error executing
             command [cat -n], exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode",
            "message":"3"}]}}
            """.ReplaceLineEndings(""), said[3]);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        var (kind, wanted) = Assert.Single(_node.Asked);
        Assert.Equal(("exec", "uid", "main", true, false), (
            kind, wanted.PodUid[..3], wanted.Container, wanted.Stdin, wanted.Tty));
        Assert.Equal(["cat", "-n"], wanted.Command);
    }

    [Fact]
    public async Task Base64_is_spoken_where_it_is_asked_for()
    {
        _node.Does = Cat();
        var path = $"{Pods}/one/exec?command=cat&stdin=1&stdout=1&tty=0";
        using var socket = await _client.WebSocket(path, "v4.base64.channel.k8s.io");
        Assert.Equal("1"u8.ToArray(), await Message(socket));

        await socket.SendAsync("0aGVs"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default);
        await socket.SendAsync("bG8gdGhl"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, default);
        await socket.SendAsync("cmU="u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, default);
        var said = "";
        while (said.Length < "hello there".Length)
        {
            var message = Encoding.ASCII.GetString(await Message(socket));
            Assert.Equal('1', message[0]);
            said += Encoding.ASCII.GetString(Convert.FromBase64String(message[1..]));
        }

        Assert.Equal("hello there", said);
    }

    [Fact]
    public async Task The_oldest_protocol_needs_no_name_and_tells_failures_as_text()
    {
        _node.Does = (_, stream) =>
        {
            stream.Accept();
            return Task.FromResult<string?>("failed to exec in container: no such file");
        };
        using var socket = await _client.WebSocket($"{Pods}/one/exec?command=x&stderr=true");
        Assert.Equal([2], await Message(socket));

        Assert.Equal(
            "Internal error occurred: error executing command in container: failed to exec in container: no such file",
            (await Rest(socket))[3]);
    }

    [Fact]
    public async Task A_terminals_sizes_go_to_the_node()
    {
        var sizes = Channel.CreateUnbounded<(uint, uint)>();
        _node.Does = async (_, stream) =>
        {
            stream.Accept();
            for (var count = 0; count < 2 && await stream.ReadSize(default) is { } size; count++)
            {
                sizes.Writer.TryWrite((size.Width, size.Height));
            }

            return null;
        };
        var path = $"{Pods}/one/exec?command=sh&stdin=true&stdout=true&tty=true";
        using var socket = await _client.WebSocket(path, "v5.channel.k8s.io");
        await Send(socket, [4, .. "{\"Width\":120,\"Hei"u8]);
        await Send(socket, [4, .. "ght\":40}\n"u8]);
        Assert.Equal((120u, 40u), await sizes.Reader.ReadAsync().AsTask().WaitAsync(StreamClient.Limit));
        await Send(socket, [4, .. "{\"Width\":0,\"Height\":9}nonsense}{\"width\":80,\"height\":25}\n"u8]);
        await Rest(socket);
        Assert.Equal((80u, 25u), await sizes.Reader.ReadAsync().AsTask().WaitAsync(StreamClient.Limit));
    }

    [Fact]
    public async Task A_link_that_is_lost_is_told_on_the_error_channel()
    {
        _node.Does = (_, stream) =>
        {
            stream.Accept();
            return new TaskCompletionSource<string?>().Task;
        };
        using var socket = await _client.WebSocket(
            $"{Pods}/one/exec?command=x&stdout=true", "v5.channel.k8s.io");
        await Message(socket);

        _node.Pairs[0].Cut("the session was lost");
        Assert.Contains(
            "error executing command in container: the session was lost", (await Rest(socket))[3]);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_what_it_began()
    {
        _node.Does = async (_, stream) =>
        {
            stream.Accept();
            await stream.ReadPiece(default);
            return null;
        };
        using (var socket = await _client.WebSocket(
            $"{Pods}/one/exec?command=x&stdout=true", "v5.channel.k8s.io"))
        {
            await Message(socket);
            socket.Abort();
        }

        await _node.Done.WaitAsync(StreamClient.Limit);
    }

    [Fact]
    public async Task A_client_that_reads_slowly_holds_up_the_node_and_no_memory_grows()
    {
        const int bytes = 16 * 1024 * 1024;
        var window = new TaskCompletionSource();
        _node.Does = async (_, stream) =>
        {
            for (var written = 0; written < bytes; written += 32 * 1024)
            {
                await stream.Write(new byte[32 * 1024], default);
                if (written >= LinkStream.WindowBytes)
                {
                    window.TrySetResult();
                }
            }

            return null;
        };
        using var socket = await _client.WebSocket(
            $"{Pods}/one/exec?command=x&stdout=true", "v5.channel.k8s.io");
        await window.Task.WaitAsync(StreamClient.Limit);

        // The window and the sockets of both ends take less; without bounds all is written within milliseconds.
        await Assert.ThrowsAsync<TimeoutException>(() => _node.Done.WaitAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(bytes, (await Rest(socket))[1].Length);
    }

    [Theory]
    [InlineData("one/exec?stdout=true", 400, "you must specify at least one command for the container")]
    [InlineData("one/exec?command=x", 400, "you must specify at least 1 of stdin, stdout, stderr")]
    [InlineData("two/exec?command=x&stdout=1", 400,
        "a container name must be specified for pod two, choose one of: [main side]")]
    [InlineData("one/exec?command=x&stdout=1&container=no", 400, "container no is not valid for pod one")]
    [InlineData("waiting/exec?command=x&stdout=1", 400, "pod waiting does not have a host assigned")]
    [InlineData("lost/exec?command=x&stdout=1", 503,
        "error dialing backend: node n2 is not connected: last contact at noon")]
    [InlineData("none/exec?command=x&stdout=1", 404, "pods \"none\" not found")]
    [InlineData("one/attach?stdout=1", 400, "container not found (\"main\")")]
    public async Task What_cannot_be_is_refused_before_the_upgrade(string path, int code, string message)
    {
        _node.Does = (_, _) => Task.FromResult<string?>("container not found (\"main\")");
        var (head, wire) = await _client.Spdy($"{Pods}/{path}", "v4.channel.k8s.io");
        Assert.StartsWith($"HTTP/1.1 {code} ", head);
        Assert.Equal(message, await StreamClient.Message(head, wire));
    }

    [Fact]
    public async Task A_node_that_has_too_many_streams_open_is_asked_again_later()
    {
        _api.OpenStream = (_, _, _) => throw new TooManyStreamsException("node n1 has 128 streams open");
        var (head, wire) = await _client.Spdy($"{Pods}/one/exec?command=x&stdout=1", "v4.channel.k8s.io");
        Assert.StartsWith("HTTP/1.1 429 ", head);
        Assert.Contains("\r\nRetry-After: 1\r\n", head);
        Assert.Equal("node n1 has 128 streams open", await StreamClient.Message(head, wire));
    }

    [Fact]
    public async Task SPDY_gives_each_of_the_processes_streams_one_of_its_own()
    {
        _node.Does = Cat(exitCode: 5);
        var path = $"{Pods}/one/exec?command=cat&stdin=true&stdout=true&stderr=true";
        var (head, wire) = await _client.Spdy(path, "v5.channel.k8s.io", "v4.channel.k8s.io", "v3.channel.k8s.io");
        Assert.StartsWith("HTTP/1.1 101 ", head);
        Assert.Contains("\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n", head);
        Assert.Contains("\r\nUpgrade: SPDY/3.1\r\n", head);
        Assert.Contains("\r\nConnection: Upgrade\r\n", head);

        var spdy = new SpdyWire(wire);
        foreach (var (id, type) in ((uint, string)[])[(1, "error"), (3, "stdin"), (5, "stdout"), (7, "stderr")])
        {
            await spdy.Open(id, ("streamtype", type));
            var reply = (await spdy.Next())!.Value;
            Assert.Equal((2, id), (reply.Type, reply.Id));
        }

        await spdy.Send(3, "hello"u8.ToArray());
        await spdy.Send(3, default, last: true);
        var said = await spdy.UntilFinished(1, 5, 7);
        Assert.Equal(("hello", "5 bytes"), (said[5], said[7]));
        Assert.Contains("""{"reason":"ExitCode","message":"5"}""", said[1]);
    }

    [Fact]
    public async Task A_plain_request_is_told_to_upgrade_and_unknown_protocols_are_named()
    {
        var plain = await _api.Admin.PostAsync($"{Pods}/one/exec?command=x&stdout=1", null);
        Assert.Equal(400, (int)plain.StatusCode);
        Assert.Equal("Upgrade request required", (string?)(await ApiFixture.Body(plain))["message"]);

        var (head, _) = await _client.Spdy($"{Pods}/one/exec?command=x&stdout=1", "v9.channel.k8s.io");
        Assert.StartsWith("HTTP/1.1 403 ", head);
        await Assert.ThrowsAsync<WebSocketException>(
            () => _client.WebSocket($"{Pods}/one/exec?command=x&stdout=1", "v9.channel.k8s.io"));
    }

    /// <summary>Gives back its input, counts it on the other channel, and ends.</summary>
    internal static Func<PodStreamRequest, LinkStream, Task<string?>> Cat(int exitCode = 0) => async (_, stream) =>
    {
        stream.Accept();
        var count = 0;
        while (await stream.ReadPiece(default) is { } piece)
        {
            count += piece.Data.Length;
            await stream.Write(0, piece.Data, default);
            if (piece.IsLast)
            {
                await stream.Write(1, Encoding.ASCII.GetBytes($"{count} bytes"), default);
                stream.End(null, exitCode);
            }
        }

        return null;
    };

    private static Task Send(ClientWebSocket socket, byte[] message) =>
        socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, default);

    private static async Task<byte[]> Message(ClientWebSocket socket)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(length), default).AsTask()
                .WaitAsync(StreamClient.Limit);
            length += got.Count;
            if (got.EndOfMessage)
            {
                return buffer[..length];
            }
        }
    }

    /// <summary>By channel, what comes until the server closes.</summary>
    private static async Task<Dictionary<int, string>> Rest(ClientWebSocket socket)
    {
        var texts = Enumerable.Range(0, 5).ToDictionary(channel => channel, _ => new StringBuilder());
        while (await Message(socket) is { Length: > 0 } message)
        {
            texts[message[0]].Append(Encoding.UTF8.GetString(message, 1, message.Length - 1));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", default);
        return texts.ToDictionary(text => text.Key, text => text.Value.ToString());
    }

    private async Task Create(string name, string node, params string[] containers)
    {
        var list = string.Join(',', containers.Select(container => $$"""{"name":"{{container}}","image":"i"}"""));
        var spec = node.Length > 0 ? $$"""{"nodeName":"{{node}}","containers":[{{list}}]}"""
            : $$"""{"containers":[{{list}}]}""";
        var created = await _api.Admin.PostAsync(Pods, ApiFixture.Json(
            $$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}"},"spec":{{spec}}}"""));
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }
}
