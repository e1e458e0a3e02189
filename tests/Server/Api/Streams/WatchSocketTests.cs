using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.Tests.Server.Api.Streams;

/// <summary>A watch for clients that ask for a WebSocket before they ask for a body.</summary>
public sealed class WatchSocketTests : IAsyncLifetime
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    private readonly ApiFixture _api = new();
    private StreamClient _client = null!;

    public async Task InitializeAsync()
    {
        await _api.InitializeAsync();
        _client = new StreamClient(_api);
        await Create("one");
    }

    public Task DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData($"{ConfigMaps}?watch=true")]
    [InlineData("/api/v1/watch/namespaces/default/configmaps")]
    public async Task Each_event_is_a_message_of_its_own(string path)
    {
        using var socket = await _client.WebSocket(path + (path.Contains('?') ? "&" : "?")
            + "fieldSelector=metadata.name%21%3Dkube-root-ca.crt");
        await Create("two");
        await Create("three");

        Assert.Equal(["ADDED one", "ADDED two", "ADDED three"],
            [await Event(socket), await Event(socket), await Event(socket)]);
    }

    [Fact]
    public async Task A_watch_whose_time_is_over_closes_normally()
    {
        using var socket = await _client.WebSocket(
            $"{ConfigMaps}?watch=true&timeoutSeconds=1&resourceVersion={_api.Store.Revision}");

        Assert.Equal(WebSocketMessageType.Close, (await Receive(socket)).Type);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Fact]
    public async Task A_revision_that_is_still_to_come_is_refused_before_the_upgrade()
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(
            () => _client.WebSocket($"{ConfigMaps}?watch=true&resourceVersion={_api.Store.Revision + 1000}"));
        Assert.Contains("504", refused.Message, StringComparison.Ordinal);
    }

    private async Task Create(string name)
    {
        var created = await _api.Admin.PostAsync(
            ConfigMaps, ApiFixture.Json($$$"""{"metadata":{"name":"{{{name}}}"}}"""));
        Assert.True(created.IsSuccessStatusCode);
    }

    private static async Task<string> Event(ClientWebSocket socket)
    {
        var (type, text) = await Receive(socket);
        Assert.Equal(WebSocketMessageType.Text, type);
        var said = JsonNode.Parse(text)!;
        return $"{said["type"]} {said["object"]!["metadata"]!["name"]}";
    }

    private static async Task<(WebSocketMessageType Type, string Text)> Receive(ClientWebSocket socket)
    {
        var buffer = new byte[4096];
        var got = await socket.ReceiveAsync(buffer.AsMemory(), default).AsTask().WaitAsync(StreamClient.Limit);
        Assert.True(got.EndOfMessage);
        return (got.MessageType, Encoding.UTF8.GetString(buffer, 0, got.Count));
    }
}
