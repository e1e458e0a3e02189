using System.Net.WebSockets;
using System.Text;
using Edge.Server.Fleet;

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
        _api.Logs = (_, _, _) => throw new IOException("no such container");

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => _client.WebSocket(Path, "binary.k8s.io"));
        Assert.Contains("400", refused.Message);
    }

    [Fact]
    public async Task A_log_of_a_node_that_is_away_is_unavailable_and_says_why()
    {
        _api.Logs = (_, _, _) => throw StreamRelay.NotConnected("n1", "last contact at noon");
        var refused = await _api.Admin.GetAsync(Path);
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Equal("error dialing backend: node n1 is not connected: last contact at noon",
            (string?)(await ApiFixture.Body(refused))["message"]);
    }

    [Fact]
    public async Task A_node_that_has_too_many_streams_open_is_asked_again_later()
    {
        _api.Logs = (_, _, _) => throw new StreamRefusedException(StreamRefusal.TooMany, "128 streams");

        var refused = await _api.Admin.GetAsync(Path);
        Assert.Equal(429, (int)refused.StatusCode);
        Assert.Equal("128 streams", (string?)(await ApiFixture.Body(refused))["message"]);
    }

    [Theory]
    [InlineData("", "a container name must be specified for pod two, choose one of: [a b] or one of the init "
        + "containers: [c]")]
    [InlineData("?container=d", "container d is not valid for pod two")]
    [InlineData("?container=c", null)]
    public async Task Which_log_is_meant_is_said_as_for_commands(string query, string? refusal)
    {
        var created = await _api.Admin.PostAsync(StreamClient.Pods, ApiFixture.Json("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"two",
            "annotations":{"kubectl.kubernetes.io/default-container":"b"}},"spec":{"nodeName":"n1",
            "containers":[{"name":"a","image":"i"},{"name":"b","image":"i"}],
            "initContainers":[{"name":"c","image":"i"}]}}
            """));
        Assert.True(created.IsSuccessStatusCode);

        var answer = await _api.Admin.GetAsync($"{StreamClient.Pods}/two/log{query}");
        if (refusal is null)
        {
            Assert.Equal("a line\n", await answer.Content.ReadAsStringAsync());
            return;
        }

        Assert.Equal((400, refusal), ((int)answer.StatusCode, (string?)(await ApiFixture.Body(answer))["message"]));
    }

    private static async Task<string> Message(ClientWebSocket socket)
    {
        var buffer = new byte[1000];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(StreamClient.Limit);
        return Encoding.UTF8.GetString(buffer, 0, got.Count);
    }
}
