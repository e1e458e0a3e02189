using System.Text;
using Edge.Agent.Link;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Server.Link;
using Google.Protobuf;
using static Edge.Tests.Server.Link.LinkEnds;

namespace Edge.Tests.Server.Link;

/// <summary>Both ends at a broker that anybody may read and write, and somebody who does.</summary>
public sealed class ForeignBrokerTests
{
    private const string Secret = "correct-horse-battery-staple";

    [SkippableFact]
    public async Task Who_records_everything_reads_nothing()
    {
        await using var world = await ForeignWorld.Start();
        await using var attacker = await Recording(world);
        var (server, agent) = await Opened(world);

        var streams = await server.OpenStream("a", new StreamRequest(Secret, default), LinkWorld.Limit);
        var opened = await agent.Streams.ReadAsync(LinkWorld.Limit);
        Assert.Equal(Secret, opened.Request.Kind);
        await opened.Stream.Write(Encoding.UTF8.GetBytes(Secret), LinkWorld.Limit);
        var piece = await streams.Read(LinkWorld.Limit);
        Assert.Equal(Secret, Encoding.UTF8.GetString(piece!.Value.Span));
        agent.Lane(Secret, Encoding.UTF8.GetBytes(Secret));
        await server.Next<LinkEvent.Lane>("a");
        await attacker.Record();

        Assert.InRange(attacker.Recorded.Count, 10, int.MaxValue);
        Assert.All(attacker.Recorded, message => Assert.Equal(-1, message.Payload.Span.IndexOf("horse"u8)));
        Assert.All(attacker.Recorded, message => Assert.True(
            message.Topic.EndsWith("/presence", StringComparison.Ordinal)
            || Packet.Decode(message.Payload.Span)!.BodyCase is Envelope.BodyOneofCase.Offer
                or Envelope.BodyOneofCase.Answer or Envelope.BodyOneofCase.Sealed or Envelope.BodyOneofCase.Invite));
    }

    [SkippableFact]
    public async Task Who_sends_all_again_that_was_recorded_changes_nothing()
    {
        await using var world = await ForeignWorld.Start();
        await using var attacker = await Recording(world);
        var (server, agent) = await Opened(world);
        await world.Wipe();
        await server.Next<LinkEvent.Connected>("a");
        await attacker.Connected();
        await Changes(server, agent, 1);
        await attacker.Record();

        for (var round = 0; round < 3; round++)
        {
            foreach (var message in attacker.Recorded)
            {
                await attacker.Publish(message.Topic, message.Payload);
                await attacker.Publish(Other(message.Topic), message.Payload);
            }
        }

        await Changes(server, agent, 2);
        AssertUnchanged(server, agent);
    }

    [SkippableFact]
    public async Task Who_speaks_for_either_end_changes_nothing()
    {
        await using var world = await ForeignWorld.Start();
        await using var attacker = await Recording(world);
        var (server, agent) = await Opened(world);

        for (var round = 0; round < 50; round++)
        {
            foreach (var (topic, envelope) in Forged((ulong)round))
            {
                await attacker.Say(topic, envelope);
            }

            await attacker.SayPresence("a", (ulong)round, online: round % 2 == 0);
            await attacker.SayPresence("nobody", (ulong)round, online: true);
            await attacker.Publish(Topics.Up("a"), new byte[round]);
            await attacker.Publish(Topics.Down("a"), Encoding.UTF8.GetBytes("no packet at all"));
        }

        await Changes(server, agent, 2);
        await Changes(server, agent, 3);
        AssertUnchanged(server, agent);
        Assert.False(server.IsConnected("nobody"));
    }

    [SkippableFact]
    public async Task A_server_that_lost_its_keys_is_heard_again_at_once()
    {
        await using var world = await ForeignWorld.Start();
        var (_, agent) = await Opened(world);
        await world.EndServer();

        var second = world.Server();
        second.SetAllDesired("a", [Entry("pods/1", "second")]);
        await second.Next<LinkEvent.Connected>("a");
        await agent.UntilDesired(Entry("pods/1", "second"));
    }

    [SkippableFact]
    public async Task A_broker_that_asks_for_a_password_gets_it()
    {
        await using var world = await ForeignWorld.StartWithPassword("edge", "pass word");
        var login = new MqttLogin("edge", world.PasswordFile("pass word"));
        var server = world.Server(login);
        var agent = world.Agent("a", login);
        server.SetAllDesired("a", [Entry("pods/1", "run")]);
        await agent.UntilDesired(Entry("pods/1", "run"));
    }

    private static async Task<Attacker> Recording(ForeignWorld world)
    {
        var attacker = world.Attacker();
        await attacker.Connected();
        return attacker;
    }

    private static async Task<(LinkServer, LinkClient)> Opened(ForeignWorld world)
    {
        var server = world.Server();
        server.SetAllDesired("a", [Entry("secrets/default/login", Secret)]);
        var agent = world.Agent("a");
        agent.SetReported("pods/1", Encoding.UTF8.GetBytes(Secret));
        await agent.UntilDesired(Entry("secrets/default/login", Secret));
        await server.UntilReported("a", Entry("pods/1", Secret));
        return (server, agent);
    }

    /// <summary>Both ends hear the other's newest word, and nothing else happened on the way.</summary>
    private static async Task Changes(LinkServer server, LinkClient agent, int number)
    {
        var value = number.ToString();
        server.SetAllDesired("a", [Entry("secrets/default/login", Secret), Entry("pods/1", value)]);
        var change = await agent.Desired.ReadAsync(LinkWorld.Limit);
        change.Committed();
        Assert.Equal(value, Encoding.UTF8.GetString(Assert.Single(change.Upserts).Value.Span));
        Assert.Empty(change.Removals);

        agent.SetReported("pods/1", Encoding.UTF8.GetBytes(value));
        var seen = await server.UntilReported("a", Entry("pods/1", value));
        Assert.All(seen, one => Assert.True(one is LinkEvent.Heard or LinkEvent.Reported, $"{one}"));
    }

    private static void AssertUnchanged(LinkServer server, LinkClient agent)
    {
        Assert.True(server.IsConnected("a"));
        Assert.Equal(LinkState.Connected, agent.State);
        Assert.False(agent.Desired.TryRead(out _));
        Assert.False(agent.Streams.TryRead(out _));
        while (server.Events.TryRead(out var late))
        {
            Assert.IsType<LinkEvent.Heard>(late);
        }
    }

    /// <summary>A stream instead of the messages, and a node instead of another.</summary>
    private static string Other(string topic) => topic.EndsWith("/up", StringComparison.Ordinal)
        ? Topics.StreamUp("a", "1")
        : topic.EndsWith("/down", StringComparison.Ordinal) ? Topics.StreamDown("a", "1") : Topics.Presence("b");

    private static IEnumerable<(string Topic, Envelope Envelope)> Forged(ulong number)
    {
        var (up, down) = (Topics.Up("a"), Topics.Down("a"));
        var key = ByteString.CopyFrom(SealAgreement.PublicKeyOf(SealAgreement.NewKey()));
        var hello = new Hello { ClusterUid = "test", ProtocolMax = 9 };
        var open = new StreamOpen { Kind = "exec" };
        yield return (up, new Envelope { Session = number + 1, Hello = hello });
        yield return (up, new Envelope { Session = number + 1, Heartbeat = new Heartbeat { Number = number } });
        yield return (up, new Envelope { Offer = new Agreement { Key = key } });
        yield return (up, new Envelope { Sealed = new Sealed { Number = number, Box = key } });
        yield return (down, new Envelope { Invite = new Invite { ClusterUid = "test" } });
        yield return (down, new Envelope { Session = number, Deny = new Deny { Reason = DenyReason.Denied } });
        yield return (down, new Envelope { Session = number, Welcome = new Welcome { ClusterUid = "test" } });
        yield return (down, new Envelope { Sealed = new Sealed { Number = number + 1000, Box = key } });
        yield return (down, new Envelope { Answer = new Agreement { Key = key, Certificate = key, Signature = key } });
        yield return (Topics.StreamDown("a", "7"), new Envelope { Session = number, StreamOpen = open });
    }
}
