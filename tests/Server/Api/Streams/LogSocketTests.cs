using System.Net.WebSockets;
using System.Text;

namespace Edge.Tests.Server.Api.Streams;

public sealed class LogSocketTests : IAsyncLifetime
{
    private const string Path = $"{StreamClient.Pods}/one/log?follow=true";

    private readonly ApiFixture _api = new();
    private StreamClient _client = null!;

    public async Task InitializeAsync()
    {
        await _api.InitializeAsync();
        _client = new StreamClient(_api);
        var created = await _api.Admin.PostAsync(StreamClient.Pods, ApiFixture.Json("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"one"},
            "spec":{"nodeName":"n1","containers":[{"name":"a","image":"i"}]}}
            """));
        Assert.True(created.IsSuccessStatusCode);
        _api.Logs = (_, _, _) => Task.FromResult<Stream>(new MemoryStream("a line\n"u8.ToArray()));
    }

    public Task DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("binary.k8s.io", "a line\n")]
    [InlineData("base64.binary.k8s.io", "YSBsaW5lCg==")]
    public async Task A_log_comes_in_messages_after_an_empty_one(string protocol, string text)
    {
        using var socket = await _client.WebSocket(Path, protocol);
        Assert.Equal("", await Message(socket));
        Assert.Equal(text, await Message(socket));
        Assert.Equal("", await Message(socket));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task A_log_that_cannot_be_had_is_refused_before_the_upgrade()
    {
        _api.Logs = (_, _, _) => throw new IOException("node n1 is not connected");

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => _client.WebSocket(Path, "binary.k8s.io"));
        Assert.Contains("400", refused.Message);
    }

    private static async Task<string> Message(ClientWebSocket socket)
    {
        var buffer = new byte[1000];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(StreamClient.Limit);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }
}
