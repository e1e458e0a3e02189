using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Store;
using Edge.Tests.Server.Store;

namespace Edge.Tests.Server.Fleet;

/// <summary>What a person hears of a log whose node is away, and since when.</summary>
public sealed class LogRelayTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly LastContacts _contacts;
    private TimeSpan? _heardAgo;
    private Func<LinkStream> _open = () => throw new NodeAwayException("away");

    public LogRelayTests() => _contacts = new LastContacts(
        new Objects(_fixture.Store, _fixture.Clock, () => "uid"), _ => _heardAgo, _fixture.Clock);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_log_of_a_node_that_is_away_says_when_it_was_heard_last()
    {
        _heardAgo = TimeSpan.FromHours(3);
        var refused = await Assert.ThrowsAsync<StreamRefusedException>(() => Open(follow: false));
        Assert.Equal(StreamRefusal.Unreachable, refused.Refusal);
        var at = TimeJson.Text(_fixture.Clock.GetUtcNow() - TimeSpan.FromHours(3));
        Assert.Equal($"node n1 is not connected: last contact at {at}, 3h ago", refused.Message);
    }

    [Fact]
    public async Task After_a_restart_of_the_server_its_Node_says_it()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """
            {"metadata":{"name":"n1"},"status":{"conditions":[{"type":"Ready","status":"Unknown",
             "message":"Kubelet stopped posting node status. Last contact at 2025-12-01T00:00:00Z."}]}}
            """);
        Assert.Equal(
            "Kubelet stopped posting node status. Last contact at 2025-12-01T00:00:00Z.",
            _contacts.Of("n1"));
    }

    [Fact]
    public void Of_a_node_that_nobody_heard_since_the_server_began_a_bound_is_known()
    {
        var began = TimeJson.Text(_fixture.Clock.GetUtcNow());
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal($"last contact before {began}, more than 60s ago", _contacts.Of("n1"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_node_that_refuses_is_heard(bool follow)
    {
        _open = () =>
        {
            var stream = new LinkStream(_ => { }, credit: 0);
            stream.Receive(new Envelope { StreamEnd = new StreamEnd { Error = "no such container" } });
            return stream;
        };
        Assert.Equal("no such container", (await Assert.ThrowsAsync<IOException>(() => Open(follow))).Message);
    }

    /// <summary>Its session looks open for minutes: the broker does not know better either.</summary>
    [Fact]
    public async Task A_node_that_went_without_a_word_is_waited_for_for_a_while()
    {
        _heardAgo = TimeSpan.FromMinutes(1);
        _open = () => new LinkStream(_ => { }, credit: 0);
        var opening = Open(follow: false);
        _fixture.Clock.Advance(StreamRelay.AnswerWait);
        var refused = await Assert.ThrowsAsync<StreamRefusedException>(() => opening);
        Assert.Equal(StreamRefusal.Unreachable, refused.Refusal);
        Assert.StartsWith("node n1 did not answer within 20 s: last contact at ", refused.Message);
    }

    [Fact]
    public async Task A_log_that_comes_is_handed_on()
    {
        _open = () =>
        {
            var stream = new LinkStream(_ => { }, credit: 0);
            stream.Receive(new Envelope
            {
                StreamData = new StreamData { Data = Google.Protobuf.ByteString.CopyFromUtf8("a line\n") },
            });
            stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = 7 } });
            return stream;
        };
        await using var log = await Open(follow: false);
        using var text = new StreamReader(log, Encoding.UTF8);
        Assert.Equal("a line\n", await text.ReadToEndAsync());
    }

    private Task<Stream> Open(bool follow) =>
        new LogRelay((_, _, _) => Task.FromResult(_open()), _contacts.Of, _fixture.Clock)
            .Open("n1", new LogStreamRequest { Follow = follow }, default);
}
