using System.Text;
using Edge.Proto.Link;
using Edge.Proto.Model;
using Edge.Server.Fleet;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fleet;

public sealed class UsageRelayTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();
    private readonly UsageRelay _relay;
    private readonly List<(string Node, StreamRequest Request)> _opened = [];
    private Action<LinkStream> _node = _ => { };
    private Action<LinkStream, Envelope> _heard = (_, _) => { };

    public UsageRelayTests() => _relay = new UsageRelay(
        Open, new Objects(_fixture.Store, _fixture.Clock, () => "uid"), _fixture.Clock,
        NullLogger<UsageRelay>.Instance);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task A_nodes_answer_is_dated_by_the_servers_clock()
    {
        _node = Says("""{"ageMilliseconds":2000,"total":{"cpuNanocores":7,"memoryBytes":9}}""");

        var usage = await _relay.Ask("n1", default);
        Assert.Equal(_fixture.Clock.GetUtcNow().AddSeconds(-2), usage?.Timestamp);
        Assert.Equal(new ResourceUsage { CpuNanocores = 7, MemoryBytes = 9 }, usage?.Total);
        Assert.Equal(("n1", NodeUsage.StreamKind), (_opened[0].Node, _opened[0].Request.Kind));
    }

    [Fact]
    public async Task A_node_speaks_only_of_pods_that_are_bound_to_it()
    {
        await PutPod("mine", "u1", "n1");
        await PutPod("others", "u2", "n2");
        await PutPod("remade", "u3", "n1");
        _node = Says($$"""
            {"pods":[{{Pod("mine", "u1")}},{{Pod("others", "u2")}},{{Pod("remade", "old")}},{{Pod("unknown", "u4")}}]}
            """);

        Assert.Equal(["mine"], (await _relay.Ask("n1", default))!.Pods!.Select(pod => pod.Name));
    }

    [Theory]
    [InlineData("""{"total":{"cpuNanocores":-1}}""")]
    [InlineData("""{"total":{"memoryBytes":100000000000001}}""")]
    [InlineData("""{"ageMilliseconds":86400001}""")]
    [InlineData("""{"pods":[null]}""")]
    [InlineData("""{"pods":[{"containers":{"main":null}}]}""")]
    [InlineData("""{"pods":[{"containers":{"main":{"cpuNanocores":1e30}}}]}""")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public async Task An_answer_that_cannot_be_is_none(string text)
    {
        _node = Says(text);

        Assert.Null(await _relay.Ask("n1", default));
    }

    [Fact]
    public async Task An_answer_without_end_is_cut_off()
    {
        var sent = 0UL;
        var piece = Google.Protobuf.ByteString.CopyFrom(new byte[LinkStream.WindowBytes / 2]);
        void Push(LinkStream stream)
        {
            stream.Receive(new Envelope { StreamData = new StreamData { Offset = sent, Data = piece } });
            sent += (ulong)piece.Length;
        }

        _node = Push;
        _heard = (stream, said) =>
        {
            if (said.BodyCase == Envelope.BodyOneofCase.StreamCredit)
            {
                Push(stream);
            }
        };

        Assert.Null(await _relay.Ask("n1", default));
        Assert.InRange(sent, (ulong)NodeUsage.BytesMax, (ulong)NodeUsage.BytesMax + LinkStream.WindowBytes);
    }

    [Fact]
    public async Task A_node_that_is_not_connected_or_refuses_says_nothing()
    {
        Assert.Null(await _relay.Ask("absent", default));

        _node = stream => stream.Receive(
            new Envelope { StreamEnd = new StreamEnd { Error = "this agent knows no stream \"usage\"" } });
        Assert.Null(await _relay.Ask("n1", default));
    }

    [Fact]
    public async Task A_node_that_stays_silent_is_waited_for_ten_seconds()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _node = _ => opened.SetResult();
        var asking = _relay.Ask("n1", default);
        await opened.Task;
        _fixture.Clock.Advance(UsageRelay.AnswerWait);

        Assert.Null(await asking);
    }

    [Fact]
    public async Task Those_who_ask_within_five_seconds_share_one_question()
    {
        _node = Says("{}");
        var both = await Task.WhenAll(_relay.Ask("n1", default), _relay.Ask("n1", default));
        Assert.Same(both[0], both[1]);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Same(both[0], await _relay.Ask("n1", default));
        Assert.Single(_opened);

        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        await _relay.Ask("n1", default);
        Assert.Equal(2, _opened.Count);
    }

    [Fact]
    public async Task Who_leaves_does_not_take_the_answer_from_the_others()
    {
        using var leaving = new CancellationTokenSource();
        var opened = new TaskCompletionSource<LinkStream>(TaskCreationOptions.RunContinuationsAsynchronously);
        _node = opened.SetResult;
        var (first, second) = (_relay.Ask("n1", leaving.Token), _relay.Ask("n1", default));
        var stream = await opened.Task;
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        Says("{}")(stream);
        Assert.NotNull(await second);
    }

    private Task<LinkStream> Open(string node, StreamRequest request, CancellationToken ct)
    {
        if (node == "absent")
        {
            throw new LinkStreamException("node absent is not connected");
        }

        _opened.Add((node, request));
        LinkStream? stream = null;
        stream = new LinkStream(said => _heard(stream!, said), credit: 0);
        _node(stream);
        return Task.FromResult(stream);
    }

    private static Action<LinkStream> Says(string text) => stream =>
    {
        var bytes = Google.Protobuf.ByteString.CopyFrom(Encoding.UTF8.GetBytes(text));
        stream.Receive(new Envelope { StreamData = new StreamData { Data = bytes } });
        stream.Receive(new Envelope { StreamEnd = new StreamEnd { Offset = (ulong)bytes.Length } });
    };

    private static string Pod(string name, string uid) =>
        $$"""{"uid":"{{uid}}","namespace":"default","name":"{{name}}","containers":{"main":{"cpuNanocores":1} } }""";

    private Task<long> PutPod(string name, string uid, string node) =>
        _fixture.Put(Resources.Pods.KeyOf("default", name), $$"""
            {
              "metadata":{"name":"{{name}}","namespace":"default","uid":"{{uid}}"},
              "spec":{"nodeName":"{{node}}","containers":[]}
            }
            """);
}
