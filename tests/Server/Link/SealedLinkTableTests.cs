using System.Security.Cryptography;
using Edge.Proto.Link;
using Edge.Proto.Link.Sealing;
using Edge.Proto.Mqtt;
using Edge.Proto.Sync;
using Edge.Server.Link;
using Edge.Tests.Support;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using static Edge.Tests.Server.Link.LinkEnds;

namespace Edge.Tests.Server.Link;

/// <summary>Whom the server believes behind a broker that is not its own.</summary>
public sealed class SealedLinkTableTests : IDisposable
{
    private const string Node = "a";

    private readonly FakeClock _clock = new();
    private readonly SealAuthority _authority = new();
    private readonly List<(string Topic, Envelope Packet)> _sent = [];
    private readonly LinkTable _table;
    private readonly AgentSeal _agent;
    private readonly string _key;
    private ulong _session;

    public SealedLinkTableTests()
    {
        _table = new LinkTable(
            new SessionSettings { ClusterUid = "test" }, _clock, new Random(1),
            (topic, packet) => _sent.Add((topic, Packet.Decode(Packet.Encode(packet))!)), NullLogger.Instance,
            new SealIdentity(_authority.Sign($"CN={SealIdentity.ServerName}"), _authority.Trusted));
        var certificate = _authority.Sign($"CN={Topics.UserPrefix}{Node}");
        _key = Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        var node = new SealIdentity(certificate, _authority.Trusted);
        _agent = new AgentSeal("test", Node, () => node, Say);
        _table.SetAllDesired(Node, [Entry("pods/1", "run")]);
    }

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_node_that_proves_itself_has_a_session()
    {
        Connect();
        Assert.NotNull(_table.Open(Node));
        Assert.Contains(Worked(), told => told is LinkEvent.Connected);
        Assert.All(_sent, one => Assert.NotEqual(Envelope.BodyOneofCase.Welcome, one.Packet.BodyCase));
    }

    [Fact]
    public void Only_what_the_node_itself_said_ends_its_silence()
    {
        Connect();
        var (beat, minute) = (Sealed(Beat()), TimeSpan.FromMinutes(1));
        Say(beat);
        _clock.Advance(minute);
        Assert.Equal(minute, _table.SilenceOf(Node));

        Say(beat);
        Say(Beat());
        Say(NewOffer());
        SayPresence(online: true);
        SayPresence(online: false);
        Assert.Equal(minute, _table.SilenceOf(Node));

        Say(Sealed(Beat()));
        Assert.Equal(TimeSpan.Zero, _table.SilenceOf(Node));

        Envelope NewOffer() => new()
        {
            Offer = new Agreement { Key = ByteString.CopyFrom(SealAgreement.PublicKeyOf(SealAgreement.NewKey())) },
        };
    }

    [Fact]
    public void A_node_that_is_said_to_be_gone_is_asked_and_stays_when_it_answers()
    {
        Connect();
        Worked();
        for (var round = 0; round < 20; round++)
        {
            _sent.Clear();
            SayPresence(online: false);
            Hear();
            Say(Sealed(Beat()));
            _clock.Advance(TimeSpan.FromSeconds(round));
            Assert.DoesNotContain(Worked(), told => told is LinkEvent.Disconnected);
        }
    }

    [Fact]
    public void A_node_that_is_said_to_be_gone_and_does_not_answer_is_gone()
    {
        Connect();
        _clock.Advance(SessionSettings.InviteEvery);
        Worked();
        _sent.Clear();
        SayPresence(online: false);
        _clock.Advance(Doubt.AskAgain);
        Assert.Empty(Worked());
        Assert.Equal(2, _sent.Count(one => one.Packet.BodyCase == Envelope.BodyOneofCase.Invite));

        _clock.Advance(Doubt.Wait - Doubt.AskAgain);
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked()));
        Assert.Null(_table.Open(Node));
    }

    [Fact]
    public void Nodes_that_there_never_were_take_no_room()
    {
        foreach (var topic in (ReadOnlySpan<string>)[Topics.Up("x"), Topics.Presence("x"), Topics.StreamUp("x", "1")])
        {
            _table.Handle(new MqttEvent.Received(new MqttMessage(topic, Packet.Encode(Beat()))));
            Assert.Equal(TimeSpan.Zero, _table.SilenceOf("x"));
        }

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, _table.SilenceOf("x"));
    }

    [Fact]
    public void A_device_without_a_node_is_told_of_by_the_key_that_it_proves_and_served_once_it_has_one()
    {
        _table.Forget(Node);
        Connect();
        Assert.Null(_table.Open(Node));
        var stranger = Assert.IsType<LinkEvent.Stranger>(Assert.Single(Worked()));
        Assert.Equal((Node, _key), (stranger.Node, stranger.Key));

        _table.SetAllDesired(Node, [Entry("pods/1", "run")]);
        Connect();
        Assert.NotNull(_table.Open(Node));
    }

    [Fact]
    public void However_many_names_are_made_up_a_device_without_a_node_comes_through()
    {
        _table.Forget(Node);
        var offer = _agent.Seal(Topics.Up(Node), new Envelope { Session = 5, Hello = NewHello() })!;
        for (var name = 0; name < 2000; name++)
        {
            _table.Handle(new MqttEvent.Received(new MqttMessage(Topics.Up($"x{name}"), Packet.Encode(offer))));
        }

        Assert.Empty(Worked());
        Assert.Null(_table.HeardAgo("x0"));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, _table.SilenceOf("x0"));
        Connect();
        Assert.IsType<LinkEvent.Stranger>(Assert.Single(Worked()));
    }

    [Fact]
    public void A_denied_key_loses_its_session_at_once()
    {
        Connect();
        Worked();
        _table.DenyKey(_key);
        Assert.IsType<LinkEvent.Disconnected>(Assert.Single(Worked()));
        _sent.Clear();
        Say(Sealed(Beat()));
        Assert.Empty(_sent);
        Assert.Null(_table.Open(Node));
    }

    [Fact]
    public void A_hello_that_is_not_sealed_opens_nothing()
    {
        Say(new Envelope { Session = 5, Hello = NewHello() });
        Assert.Null(_table.Open(Node));
        Assert.Empty(Worked());
    }

    [Fact]
    public void A_muted_node_gets_no_answer_to_its_offer()
    {
        Assert.True(_table.TryWithhold(Node, "pods/1", TimeSpan.Zero));
        _sent.Clear();
        Say(_agent.Seal(Topics.Up(Node), new Envelope { Session = 5, Hello = NewHello() })!);
        Assert.Empty(_sent);
    }

    private static Hello NewHello() => new()
    {
        ClusterUid = "test", ProtocolMin = SessionSettings.Protocol, ProtocolMax = SessionSettings.Protocol,
    };

    private Envelope Beat() => new() { Session = _session, Heartbeat = new Heartbeat { Number = 1 } };

    private Envelope Sealed(Envelope envelope) => _agent.Seal(Topics.Up(Node), envelope)!;

    private void Connect()
    {
        _session++;
        Say(Sealed(new Envelope { Session = _session, Hello = NewHello() }));
        Hear();
        Say(Sealed(new Envelope { Session = _session, Hello = NewHello() }));
        Hear();
    }

    /// <summary>The agent hears all that was sent to it.</summary>
    private void Hear()
    {
        foreach (var (topic, packet) in _sent.ToList())
        {
            _agent.Receive(topic, packet, _table.Now);
        }
    }

    private LinkEvent[] Worked()
    {
        _table.Work((_, _) => { });
        return _table.TakePending();
    }

    private void Say(Envelope packet) =>
        _table.Handle(new MqttEvent.Received(new MqttMessage(Topics.Up(Node), Packet.Encode(packet))));

    private void SayPresence(bool online) => _table.Handle(new MqttEvent.Received(new MqttMessage(
        Topics.Presence(Node), new Presence { Incarnation = 1, Online = online }.ToByteArray())));
}
