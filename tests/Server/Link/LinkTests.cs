using System.Diagnostics;
using System.Text;
using Edge.Agent.Link;
using Edge.Proto.Link;
using Edge.Proto.Sync;
using Edge.Server.Link;
using static Edge.Tests.Server.Link.LinkEnds;

namespace Edge.Tests.Server.Link;

/// <summary>Both ends of the link as they are, with a real broker between them.</summary>
public sealed class LinkTests
{
    [SkippableFact]
    public async Task Both_ends_tell_each_other_their_maps()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        server.SetAllDesired("a", [Entry("pods/1", "run")]);
        agent.SetReported("node", Entry("", "ready").Value);

        await server.Next<LinkEvent.Connected>("a");
        await agent.UntilDesired(Entry("pods/1", "run"));
        await server.UntilReported("a", Entry("node", "ready"));
        server.SetAllDesired("a", [Entry("pods/1", "stop")]);
        await agent.UntilDesired(Entry("pods/1", "stop"));

        Assert.True(server.IsConnected("a"));
        Assert.True(agent.LastAnswer?.IsDesiredReached);
    }

    [SkippableFact]
    public async Task What_went_over_the_link_is_counted_by_what_it_was_for()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        var (down, up) = (Large(1), Large(2));
        server.SetAllDesired("a", [down]);
        agent.SetReported(up.Key, up.Value);
        await agent.UntilDesired(down);
        await server.UntilReported("a", up);

        var spent = new Dictionary<string, (long Sent, long Received)>();
        agent.Traffic.Tell((feature, sent, received) => spent[feature] = (sent, received));
        // A piece whose progress comes late is sent again, and counts again.
        Assert.InRange(spent["desired"].Received, down.Value.Length, down.Value.Length * 4);
        Assert.InRange(spent["reported"].Sent, up.Value.Length, up.Value.Length * 4);
        Assert.InRange(spent["session"].Sent, 50, 2000);
        Assert.Equal((0, 0), (spent["streams"].Sent, spent["events"].Sent));
    }

    [SkippableFact]
    public async Task An_answer_of_the_server_is_told_when_it_comes()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var agent = world.Agent("a");
        var answered = new TaskCompletionSource<ServerAnswer?>(TaskCreationOptions.RunContinuationsAsynchronously);
        agent.Answered += () => answered.TrySetResult(agent.LastAnswer);
        world.Server().SetAllDesired("a", []);

        Assert.NotNull(await answered.Task.WaitAsync(LinkWorld.Limit));
    }

    [SkippableFact]
    public async Task Values_longer_than_a_packet_travel_both_ways()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        var (down, up) = (Large(1), Large(2));
        server.SetAllDesired("a", [down]);
        agent.SetReported(up.Key, up.Value);

        await agent.UntilDesired(down);
        await server.UntilReported("a", up);
    }

    [SkippableFact]
    public async Task A_stream_carries_more_than_its_window_to_a_good_end()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        server.SetAllDesired("a", []);
        await server.Next<LinkEvent.Connected>("a");
        var sent = Large(3, bytes: 3 * LinkStream.WindowBytes).Value;

        await using var stream = await server.OpenStream(
            "a", new StreamRequest("test", sent[..10]), LinkWorld.Limit);
        var opened = await agent.Streams.ReadAsync(LinkWorld.Limit);
        var writing = Write(opened.Stream, sent);
        using var received = new MemoryStream();
        while (await stream.Read(LinkWorld.Limit) is { } piece)
        {
            received.Write(piece.Span);
        }

        await writing;
        Assert.Equal("test", opened.Request.Kind);
        Assert.Equal(sent.ToArray(), received.ToArray());
    }

    /// <summary>
    /// The welcome and the stream may be handled in one go or in two, so with many nodes.
    /// </summary>
    [SkippableFact]
    public async Task A_stream_opened_as_soon_as_a_node_is_there_comes_to_its_end()
    {
        const int Nodes = 60;
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var server = world.Server();
        for (var i = 0; i < Nodes; i++)
        {
            var agent = world.Agent($"n{i}");
            server.SetAllDesired($"n{i}", []);
            await server.Next<LinkEvent.Connected>($"n{i}");
            await using var stream = await server.OpenStream(
                $"n{i}", new StreamRequest("test", default), LinkWorld.Limit);
            var writing = Write((await agent.Streams.ReadAsync(LinkWorld.Limit)).Stream, "log"u8.ToArray());

            Assert.Equal("log"u8.ToArray(), (await stream.Read(LinkWorld.Limit))?.ToArray());
            Assert.Null(await stream.Read(LinkWorld.Limit));
            await writing;
        }
    }

    [SkippableFact]
    public async Task A_node_has_128_streams_and_no_more_until_one_of_them_has_ended()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var server = world.Server();
        world.Agent("a");
        server.SetAllDesired("a", []);
        await server.Next<LinkEvent.Connected>("a");
        var open = new List<LinkStream>();
        while (open.Count < 128)
        {
            open.Add(await Opened());
        }

        await Assert.ThrowsAsync<TooManyStreamsException>(Opened);
        var over = new TaskCompletionSource();
        using var told = open[7].Ended.Register(over.SetResult);
        await open[7].DisposeAsync();
        await over.Task;
        await using var next = await Opened();

        Task<LinkStream> Opened() => server.OpenStream("a", new StreamRequest("test", default), LinkWorld.Limit);
    }

    [SkippableFact]
    public async Task A_denied_node_is_not_heard_any_more()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, a, b) = (world.Server(), world.Agent("a"), world.Agent("b"));
        server.SetAllDesired("a", []);
        server.SetAllDesired("b", []);
        a.SetReported("node", Entry("", "1").Value);
        await server.UntilReported("a", Entry("node", "1"));

        server.Deny("a");
        await server.Next<LinkEvent.Disconnected>("a");
        a.SetReported("node", Entry("", "2").Value);
        a.Lane("events", Entry("", "2").Value);
        b.SetReported("node", Entry("", "2").Value);

        Assert.DoesNotContain(await server.UntilReported("b", Entry("node", "2")), seen => seen.Node == "a");
        Assert.False(server.IsConnected("a"));
    }

    [SkippableFact]
    public async Task What_happens_at_one_moment_is_told_in_order_and_without_a_gap()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        server.SetAllDesired("a", []);
        await server.Next<LinkEvent.Connected>("a");

        foreach (var text in (string[])["Pulled", "Created", "Started"])
        {
            agent.Lane("event", Entry("", text).Value);
        }

        foreach (var text in (string[])["Pulled", "Created", "Started"])
        {
            var told = await server.Next<LinkEvent.Lane>("a");
            Assert.Equal((text, 0L), (Encoding.UTF8.GetString(told.Payload.Span), told.Lost));
        }
    }

    [SkippableFact]
    public async Task A_killed_broker_costs_no_change_of_either_side()
    {
        var (world, broker) = await LinkWorld.Start();
        await using var ended = world;
        var (server, agent) = (world.Server(), world.Agent("a"));
        server.SetAllDesired("a", [Entry("pods/1", "run")]);
        await agent.UntilDesired(Entry("pods/1", "run"));

        Process.GetProcessById(broker.FindRunning()!.Value).Kill();
        server.SetAllDesired("a", [Entry("pods/1", "stop")]);
        agent.SetReported("node", Entry("", "still here").Value);

        await Task.WhenAll(
            agent.UntilDesired(Entry("pods/1", "stop")), server.UntilReported("a", Entry("node", "still here")));
    }

    [SkippableFact]
    public async Task A_new_server_hears_all_that_is_reported_and_sends_nothing_that_is_there()
    {
        var (world, _) = await LinkWorld.Start();
        await using var ended = world;
        var agent = world.Agent("a", Entry("pods/1", "run"));
        agent.SetReported("node", Entry("", "ready").Value);
        var server = world.Server();
        server.SetAllDesired("a", [Entry("pods/1", "run")]);

        var seen = await server.UntilReported("a", Entry("node", "ready"));

        Assert.True(Assert.Single(seen.OfType<LinkEvent.Reported>()).Snapshot);
        Assert.False(agent.Desired.TryRead(out _));
    }

    private static async Task Write(LinkStream stream, ReadOnlyMemory<byte> bytes)
    {
        await stream.Write(bytes, LinkWorld.Limit);
        stream.End();
    }

    private static MapEntry Large(int seed, int bytes = 300_000)
    {
        var value = new byte[bytes];
        new Random(seed).NextBytes(value);
        return new MapEntry("configmaps/default/large", value);
    }
}
