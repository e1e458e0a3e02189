using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Tests.Support;
using Google.Protobuf;

namespace Edge.Tests.Proto.Link.Sealing;

/// <summary>What two ends with the right keys say to each other, and what anybody in between can make of it.</summary>
public sealed class SealTests : IDisposable
{
    private readonly SealAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void Both_ends_understand_each_other_and_nobody_reads_it()
    {
        var pair = New().Opened(7);
        var said = SealPair.Beat(7);
        said.Heartbeat.Number = 0x5ec4e7;

        var packet = pair.Agent.Seal(SealPair.Up, said)!;

        Assert.Equal(0ul, packet.Session);
        Assert.Equal(-1, Packet.Encode(packet).AsSpan().IndexOf(said.Heartbeat.ToByteArray()));
        Assert.Equal(said, pair.Server.Open(SealPair.Up, packet));
        var (news, heard) = pair.ToAgent(new Envelope { Session = 7, Ack = new Ack { Version = 3 } });
        Assert.Equal(SealNews.Opened, news);
        Assert.Equal(7ul, heard!.Session);
        Assert.Equal(3ul, heard.Ack.Version);
    }

    [Fact]
    public void A_long_message_is_compressed_before_it_is_sealed()
    {
        var pair = New().Opened(7);
        var lane = new LaneMessage { Payload = ByteString.CopyFrom(new byte[30_000]) };

        var packet = pair.Agent.Seal(SealPair.Up, new Envelope { Session = 7, Lane = lane })!;

        Assert.InRange(Packet.Encode(packet).Length, 1, 1000);
        Assert.Equal(lane, pair.Server.Open(SealPair.Up, packet)!.Lane);
    }

    [Fact]
    public void Every_session_has_keys_of_its_own()
    {
        var pair = New().Opened(7);
        var old = pair.Agent.Seal(SealPair.Up, SealPair.Beat(7))!;
        pair.Opened(8);

        Assert.Null(pair.Server.Open(SealPair.Up, old));
        Assert.Null(pair.ToServer(SealPair.Beat(7)));
        Assert.NotNull(pair.ToServer(SealPair.Beat(8)));
    }

    [Fact]
    public void A_message_with_any_byte_changed_cut_or_added_does_not_open()
    {
        var pair = New().Opened(7);
        var packet = Packet.Encode(pair.Agent.Seal(SealPair.Up, SealPair.Beat(7))!);
        for (var at = 0; at < packet.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                byte[] changed = [.. packet];
                changed[at] ^= (byte)(1 << bit);
                AssertShut(pair, changed);
            }

            AssertShut(pair, packet[..at]);
        }

        AssertShut(pair, [.. packet, 0]);
        Assert.NotNull(pair.Server.Open(SealPair.Up, Packet.Decode(packet)!));
    }

    [Fact]
    public void A_message_opens_once()
    {
        var pair = New().Opened(7);
        var up = pair.Agent.Seal(SealPair.Up, SealPair.Beat(7))!;
        var down = pair.Server.Seal(SealPair.Down, new Envelope { Session = 7, Ack = new Ack() })!;

        Assert.NotNull(pair.Server.Open(SealPair.Up, up));
        Assert.Null(pair.Server.Open(SealPair.Up, up));
        Assert.Equal(SealNews.Opened, pair.Agent.Receive(SealPair.Down, down, default).News);
        Assert.Equal(SealNews.Refused, pair.Agent.Receive(SealPair.Down, down, default).News);
    }

    [Fact]
    public void Messages_that_overtake_each_other_all_open_once()
    {
        var pair = New().Opened(7);
        var random = new Random(1);
        var packets = Enumerable.Range(1, 1000)
            .Select(i => pair.Agent.Seal(SealPair.Up, SealPair.Beat(7, (ulong)i))!).ToArray();
        random.Shuffle(packets);

        Assert.All(packets, packet => Assert.NotNull(pair.Server.Open(SealPair.Up, packet)));
        Assert.All(packets, packet => Assert.Null(pair.Server.Open(SealPair.Up, packet)));
    }

    [Fact]
    public void A_message_is_not_heard_on_another_topic_nor_by_its_sender()
    {
        var pair = New().Opened(7);
        var topic = Topics.StreamDown(SealPair.Node, "1");
        var data = new Envelope { Session = 7, StreamData = new StreamData() };
        var packet = pair.Server.Seal(topic, data)!;

        Assert.Equal(
            SealNews.Refused, pair.Agent.Receive(Topics.StreamDown(SealPair.Node, "2"), packet, default).News);
        Assert.Null(pair.Server.Open(topic, packet));
        Assert.Equal(SealNews.Opened, pair.Agent.Receive(topic, packet, default).News);
    }

    [Fact]
    public void Keys_that_are_used_up_seal_no_more()
    {
        var channel = new SealChannel(new byte[32], new byte[32]) { Session = 7 };
        channel.Sent = SealChannel.NumbersMax - 1;
        Assert.NotNull(channel.Seal(SealPair.Up, SealPair.Beat(7)));
        Assert.Null(channel.Seal(SealPair.Up, SealPair.Beat(7)));
    }

    [Fact]
    public void Nothing_is_sent_before_the_keys_are_agreed()
    {
        var pair = New();
        Assert.Null(pair.Agent.Seal(SealPair.Up, SealPair.Beat(7)));
        Assert.Null(pair.Server.Seal(SealPair.Down, SealPair.Welcome(7)));
        Assert.Equal(Envelope.BodyOneofCase.Offer, pair.Agent.Seal(SealPair.Up, SealPair.Hello(7))!.BodyCase);
    }

    [Fact]
    public void An_idle_heartbeat_costs_little_more_than_one_that_is_not_sealed()
    {
        var pair = New().Opened(0x1234567890abcdef);
        var beat = SealPair.Beat(0x1234567890abcdef, 1000);
        var plain = Packet.Encode(beat).Length;
        for (var i = 0; i < 1000; i++)
        {
            pair.Agent.Seal(SealPair.Up, beat);
        }

        Assert.Equal(15, plain);
        Assert.Equal(31, Packet.Encode(pair.Agent.Seal(SealPair.Up, beat)!).Length);
    }

    private static void AssertShut(SealPair pair, byte[] bytes)
    {
        if (Packet.Decode(bytes) is { } packet)
        {
            Assert.Null(pair.Server.Open(SealPair.Up, packet));
        }
    }

    private SealPair New() => new(_authority);
}
