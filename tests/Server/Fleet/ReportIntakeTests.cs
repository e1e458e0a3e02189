using System.Text;
using System.Threading.Channels;
using Edge.Proto.Sync;
using Edge.Server.Fleet;
using Edge.Server.Link;
using Edge.Server.Store;
using Edge.Tests.Server.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Edge.Tests.Server.Fleet;

/// <summary>The loop that serves all nodes goes on whatever one of them says.</summary>
public sealed class ReportIntakeTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StoreFixture _fixture = new();
    private readonly Objects _objects;
    private readonly Channel<LinkEvent> _happened = Channel.CreateBounded<LinkEvent>(16);
    private readonly CancellationTokenSource _end = new();
    private readonly ReportIntake _intake;
    private Task? _running;

    public ReportIntakeTests()
    {
        _objects = new Objects(_fixture.Store, _fixture.Clock, () => "uid");
        var events = new EventRecorder(_objects, _fixture.Clock);
        _intake = new ReportIntake(
            _objects, _happened.Reader, new PodPresence(_objects, _ => [], events, _fixture.Clock), events,
            TimeSpan.FromSeconds(40), _fixture.Clock, NullLogger<ReportIntake>.Instance);
    }

    /// <summary>The loop, started by the first report.</summary>
    private Task Running => _running ??= _intake.Run(_end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Running);
        _end.Dispose();
        await _fixture.DisposeAsync();
    }

    [Theory]
    [InlineData("pods/u", """{"metadata":{"creationTimestamp":"yesterday"}}""")]
    [InlineData("pods/u", """{"metadata":{"\ud800":"x"}}""")]
    [InlineData("node", """{"status":{"unknown":"\ud800"}}""")]
    [InlineData("node", """{"labels":{"edge/a":"b"},"status":{"conditions":[{"type":{}}]}}""")]
    [InlineData("images", """[{"unknown":"\ud800"}]""")]
    public async Task A_broken_report_is_acknowledged_and_the_next_one_is_stored(string key, string text)
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        await Report("n1", key, text);
        await Report("n1", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        Assert.Equal("4", _objects.Get(Resources.Nodes, null, "n1")?.Status?.Capacity?["cpu"].ToString());
    }

    [Theory]
    [InlineData("""{"firstTimestamp":"yesterday"}""")]
    [InlineData("""{"eventTime":"yesterday"}""")]
    [InlineData("""{"involvedObject":{"kind":"Node","name":"n1"},"message":"\ud800"}""")]
    public async Task A_broken_event_is_dropped_and_the_next_report_is_stored(string text)
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        await Lane(text);
        await Report("n1", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        Assert.Equal("4", _objects.Get(Resources.Nodes, null, "n1")?.Status?.Capacity?["cpu"].ToString());
    }

    [Fact]
    public async Task A_report_that_would_make_its_object_too_large_is_refused_and_the_former_stays()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        await _fixture.Put(Resources.Pods.KeyOf("ns", "web"), """
            {"metadata":{"name":"web","namespace":"ns","uid":"u"},"spec":{"nodeName":"n1","containers":[]}}
            """);
        const string pod = """
            {"metadata":{"name":"web","namespace":"ns","uid":"u"},"status":{"message":"MESSAGE"}}
            """;
        await Report("n1", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        await Report("n1", "images", """[{"names":["a:1"]}]""");
        await Report("n1", "pods/u", pod.Replace("MESSAGE", "small", StringComparison.Ordinal));

        var large = new string('x', ObjectBytes.BytesMax);
        await Report("n1", "node", $$$"""{"status":{"capacity":{"cpu":"8"},"unknown":"{{{large}}}"}}""");
        await Report("n1", "images", $$$"""[{"names":["{{{large}}}"]}]""");
        await Report("n1", "pods/u", pod.Replace("MESSAGE", large, StringComparison.Ordinal));

        var node = _objects.Get(Resources.Nodes, null, "n1")!;
        Assert.Equal("4", node.Status?.Capacity?["cpu"].ToString());
        Assert.Equal(["a:1"], Assert.Single(node.Status!.Images!).Names!);
        Assert.Equal("small", _objects.Get(Resources.Pods, "ns", "web")?.Status?.Message);
    }

    [Fact]
    public async Task An_event_about_the_node_stands_in_default_and_its_texts_are_bounded()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "default"), """{"metadata":{"name":"default"}}""");
        var large = new string('x', 5000);
        await Lane($$$"""
            {"involvedObject":{"kind":"Node","name":"n1","namespace":"kube-system","uid":"{{{large}}}",
              "fieldPath":"{{{large}}}"},
             "reason":"{{{large}}}","message":"{{{large}}}","source":{"component":"{{{large}}}"}}
            """);
        await Report("n1", "node", "{}");

        var stored = Assert.Single(_fixture.Store.List(Resources.Events.Prefix()).Items);
        Assert.StartsWith(Resources.Events.KeyOf("default", "n1."), stored.Key);
        Assert.True(stored.Value.Length < 4096, $"{stored.Value.Length} bytes");
    }

    [Fact]
    public async Task An_event_about_a_pod_names_the_pod_that_is_stored()
    {
        await _fixture.Put(Resources.Namespaces.KeyOf(null, "ns"), """{"metadata":{"name":"ns"}}""");
        await _fixture.Put(Resources.Pods.KeyOf("ns", "web"), """
            {"metadata":{"name":"web","namespace":"ns","uid":"u"},"spec":{"nodeName":"n1","containers":[]}}
            """);
        await Lane("""
            {"involvedObject":{"kind":"Pod","name":"web","namespace":"ns","uid":"other","apiVersion":"v9"},"reason":"R"}
            """);
        await Report("n1", "node", "{}");

        var about = Assert.Single(_objects.List(Resources.Events)).InvolvedObject;
        Assert.Equal(("Pod", "ns", "web", "u", "v1"),
            (about.Kind, about.Namespace, about.Name, about.Uid, about.ApiVersion));
    }

    /// <summary>What is stored can be broken too, by a release of long ago or by hand.</summary>
    [Fact]
    public async Task A_broken_node_object_stops_nobody_elses_reports()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"},"status":[]}""");
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n2"), """{"metadata":{"name":"n2"}}""");
        await Report("n1", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), "{}");
        await Report("n1", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        await _happened.Writer.WriteAsync(new LinkEvent.Heard("n1", _fixture.Clock.GetUtcNow()));
        await Report("n2", "node", """{"status":{"capacity":{"cpu":"4"}}}""");
        Assert.Equal("4", _objects.Get(Resources.Nodes, null, "n2")?.Status?.Capacity?["cpu"].ToString());
    }

    /// <summary>Without its ack the node would send the whole change again for ever.</summary>
    [Fact]
    public async Task A_report_about_a_stored_object_that_cannot_be_read_is_acknowledged_with_the_rest_of_its_change()
    {
        await _fixture.Put(Resources.Nodes.KeyOf(null, "n1"), """{"metadata":{"name":"n1"}}""");
        await _fixture.Put(Resources.Pods.KeyOf("ns", "web"), """{"metadata":{"name":"web","uid":"u"},"spec":[]}""");

        await Report(
            "n1",
            ("pods/u", """{"metadata":{"name":"web","namespace":"ns","uid":"u"},"status":{"phase":"Running"}}"""),
            ("node", """{"status":{"capacity":{"cpu":"4"}}}"""));

        Assert.Equal("4", _objects.Get(Resources.Nodes, null, "n1")?.Status?.Capacity?["cpu"].ToString());
    }

    private ValueTask Lane(string text) => _happened.Writer.WriteAsync(
        new LinkEvent.Lane("n1", EventIntake.LaneKind, Encoding.UTF8.GetBytes(text), 0));

    private Task Report(string node, string key, string text) => Report(node, (key, text));

    /// <summary>Returns when the node would get its ack.</summary>
    private async Task Report(string node, params (string Key, string Text)[] entries)
    {
        var committed = new TaskCompletionSource();
        await _happened.Writer.WriteAsync(new LinkEvent.Reported(
            node, [.. entries.Select(entry => new MapEntry(entry.Key, Encoding.UTF8.GetBytes(entry.Text)))], [], false,
            committed.SetResult));
        await await Task.WhenAny(committed.Task, Running).WaitAsync(Patience);
        Assert.True(committed.Task.IsCompleted, "the loop ended");
    }
}
